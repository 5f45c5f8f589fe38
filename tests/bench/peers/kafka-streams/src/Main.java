import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;

/**
 * The job in Kafka Streams: one stream thread, a persistent (RocksDB) store with its cache and its
 * changelog, exactly once. The file that BENCH_PLACE names says where.
 */
public final class Main {
    static final String STORE = "customers";
    static final String TIERS = "tier-changes";
    static final String SILENCES = "dormant-customers";

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        JsonNode place = new ObjectMapper().readTree(Path.of(System.getenv("BENCH_PLACE")).toFile());
        KafkaStreams streams = new KafkaStreams(topology(place), settings(place));
        CountDownLatch over = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close();
            over.countDown();
        }));
        streams.start();
        over.await();
    }

    private static Topology topology(JsonNode place) {
        Given given = new Given(place.get("given"));
        String prefix = place.get("prefix").textValue();
        var text = Serdes.String();
        var bytes = Serdes.ByteArray();
        var store = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), text, bytes)
                .withCachingEnabled();
        return new Topology()
                .addSource("orders", text.deserializer(), bytes.deserializer(),
                        place.get("orders").textValue())
                .addProcessor("count", () -> new CountOrders(given), "orders")
                .addStateStore(store, "count")
                .addSink(TIERS, prefix + TIERS, text.serializer(), bytes.serializer(), "count")
                .addSink(SILENCES, prefix + SILENCES, text.serializer(), bytes.serializer(), "count");
    }

    private static Properties settings(JsonNode place) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, place.get("group").textValue());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, place.get("servers").textValue());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, place.get("folder").textValue());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put("auto.offset.reset", "earliest");
        return settings;
    }
}
