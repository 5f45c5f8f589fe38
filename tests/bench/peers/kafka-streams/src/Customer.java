import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One customer: sums per day of the last 365 days, oldest first, and the figures of the last look. */
final class Customer {
    static final int WINDOW_DAYS = 365;
    static final int[] RECENCY_DAYS = {7, 30, 60, 120};
    static final int DORMANT_DAYS = 120;
    static final int SLIPPING_FACTOR = 2;
    static final int SLIPPING_MIN_DAYS = 7;
    static final long NEVER = 1L << 40;
    static final String[] TIERS = {"super", "large", "medium", "small", "inactive"};
    static final String[] STAGES = {null, "slipping", "dormant", "inactive"};

    /** What is said: a tier-change, or a stage. */
    record Said(boolean tier, String from, String to) {}

    final List<long[]> days = new ArrayList<>(); // day, revenue, profit, orders
    long orders;
    long revenue;
    long profit;
    long frequency;
    long rfm;
    long due = NEVER;
    int tier = -1;
    int stage;

    /** Add an order placed; `today` is the day of stream time. */
    List<Said> take(long day, long amount, long gain, long today, Given given) {
        List<Said> said = new ArrayList<>();
        if (due <= today) look(today, given, said);
        boolean newer = days.isEmpty() || day > days.get(days.size() - 1)[0];
        add(day, amount, gain);
        orders++;
        if (newer && stage > 0) {
            said.add(new Said(false, STAGES[stage], "reactivated"));
            stage = 0;
        }
        look(today, given, said);
        return said;
    }

    private void add(long day, long amount, long gain) {
        int at = days.size();
        while (at > 0 && days.get(at - 1)[0] > day) at--;
        if (at > 0 && days.get(at - 1)[0] == day) {
            long[] held = days.get(at - 1);
            held[1] += amount;
            held[2] += gain;
            held[3]++;
        } else {
            days.add(at, new long[] {day, amount, gain, 1});
        }
        while (days.get(0)[0] <= days.get(days.size() - 1)[0] - WINDOW_DAYS) days.remove(0);
    }

    /** The figures as of `today`, the tier, the stages that have come, the next day to look. */
    void look(long today, Given given, List<Said> said) {
        long begin = today - WINDOW_DAYS;
        due = NEVER;
        revenue = profit = frequency = 0;
        for (long[] day : days) {
            if (day[0] <= begin) continue;
            if (due == NEVER) due = day[0] + WINDOW_DAYS;
            revenue += day[1];
            profit += day[2];
            frequency += day[3];
        }
        score(today, given);
        int now = given.tier(revenue, frequency);
        if (now != tier) {
            said.add(new Said(true, tier < 0 ? null : TIERS[tier], TIERS[now]));
            tier = now;
        }
        passStages(today, said);
    }

    private void score(long today, Given given) {
        long newest = days.get(days.size() - 1)[0];
        long r = 5;
        for (int band : RECENCY_DAYS) {
            if (today - newest > band) r--;
            else due = Math.min(due, newest + band + 1);
        }
        rfm = 100 * r + 11;
        if (frequency > 0) {
            rfm += 10 * Given.reached(frequency, given.frequencyCuts);
            rfm += Given.reached(revenue, given.monetaryCuts);
        }
    }

    private void passStages(long today, List<Said> said) {
        long newest = days.get(days.size() - 1)[0];
        long dormant = newest + DORMANT_DAYS + 1;
        long slipping = NEVER;
        if (days.size() >= 3) {
            long limit = SLIPPING_FACTOR * (newest - days.get(0)[0]) / (days.size() - 1);
            slipping = newest + Math.max(SLIPPING_MIN_DAYS, limit) + 1;
            if (slipping >= dormant) slipping = NEVER;
        }
        long[] begins = {0, slipping, dormant, newest + WINDOW_DAYS};
        for (int next = 1; next < begins.length; next++) {
            if (begins[next] > today) {
                due = Math.min(due, begins[next]);
            } else if (next > stage) {
                said.add(new Said(false, STAGES[stage], STAGES[next]));
                stage = next;
            }
        }
    }

    /** As bytes: eight longs, then four for each day. */
    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(8 * (8 + 4 * days.size()));
        out.putLong(orders).putLong(revenue).putLong(profit).putLong(frequency);
        out.putLong(rfm).putLong(due).putLong(tier).putLong(stage);
        for (long[] day : days) for (long each : day) out.putLong(each);
        return out.array();
    }

    /** Of `encode`. */
    static Customer decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        Customer customer = new Customer();
        customer.orders = in.getLong();
        customer.revenue = in.getLong();
        customer.profit = in.getLong();
        customer.frequency = in.getLong();
        customer.rfm = in.getLong();
        customer.due = in.getLong();
        customer.tier = (int) in.getLong();
        customer.stage = (int) in.getLong();
        while (in.hasRemaining()) {
            customer.days.add(new long[] {in.getLong(), in.getLong(), in.getLong(), in.getLong()});
        }
        return customer;
    }
}
