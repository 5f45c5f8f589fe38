import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** Each order: what fell due before it, then the order itself. */
final class CountOrders implements Processor<String, byte[], String, byte[]> {
    private final ObjectMapper json = new ObjectMapper();
    private final Deadlines deadlines = new Deadlines();
    private final Given given;
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> customers;

    CountOrders(Given given) {
        this.given = given;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        this.context = context;
        customers = context.getStateStore(Main.STORE);
        try (KeyValueIterator<String, byte[]> all = customers.all()) {
            while (all.hasNext()) {
                KeyValue<String, byte[]> each = all.next();
                deadlines.file(each.key, Customer.decode(each.value).due);
            }
        }
    }

    @Override
    public void process(Record<String, byte[]> record) {
        JsonNode order = read(record.value());
        long day = Math.floorDiv(
                OffsetDateTime.parse(order.get("ordered_at").textValue()).toEpochSecond(), 86400L);
        for (String silent : deadlines.passTo(day)) {
            Customer customer = Customer.decode(customers.get(silent));
            List<Customer.Said> said = new ArrayList<>();
            customer.look(deadlines.today, given, said);
            keep(silent, customer, said, null, record.timestamp());
        }
        byte[] held = customers.get(record.key());
        Customer customer = held == null ? new Customer() : Customer.decode(held);
        long amount = order.get("amount").longValue();
        long gain = amount - order.get("cost").longValue();
        List<Customer.Said> said = customer.take(day, amount, gain, deadlines.today, given);
        keep(record.key(), customer, said, order.get("event_id").textValue(), record.timestamp());
    }

    private void keep(
            String name, Customer customer, List<Customer.Said> said, String order, long at) {
        customers.put(name, customer.encode());
        deadlines.file(name, customer.due);
        for (Customer.Said one : said) {
            var told = json.createObjectNode();
            told.put("from", one.from()).put(one.tier() ? "to" : "stage", one.to());
            told.put("revenue", customer.revenue).put("profit", customer.profit);
            told.put("frequency", customer.frequency).put("rfm", customer.rfm);
            told.put("customer_id", name).put("order", order);
            byte[] value = told.toString().getBytes(StandardCharsets.UTF_8);
            context.forward(new Record<>(name, value, at), one.tier() ? Main.TIERS : Main.SILENCES);
        }
    }

    private JsonNode read(byte[] value) {
        try {
            return json.readTree(value);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
