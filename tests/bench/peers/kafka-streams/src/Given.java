import com.fasterxml.jackson.databind.JsonNode;

/** What a tier and a score begin at: revenue in minor units, and orders. */
final class Given {
    final long[] tiers;
    final long[] frequencyCuts;
    final long[] monetaryCuts;

    Given(JsonNode node) {
        tiers = longs(node.get("tiers"));
        frequencyCuts = longs(node.get("frequency_cuts"));
        monetaryCuts = longs(node.get("monetary_cuts"));
    }

    /** The tier, as an index into Customer.TIERS. */
    int tier(long revenue, long frequency) {
        if (frequency == 0) return tiers.length + 1;
        int tier = 0;
        while (tier < tiers.length && revenue < tiers[tier]) tier++;
        return tier;
    }

    /** How many of the cuts a value has reached. */
    static int reached(long value, long[] cuts) {
        int reached = 0;
        for (long cut : cuts) if (value >= cut) reached++;
        return reached;
    }

    private static long[] longs(JsonNode list) {
        long[] values = new long[list.size()];
        for (int at = 0; at < values.length; at++) values[at] = list.get(at).longValue();
        return values;
    }
}
