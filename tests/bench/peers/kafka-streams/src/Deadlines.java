import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Who has to be looked at on which day; in memory. One for each partition. */
final class Deadlines {
    long today = -Customer.NEVER;
    private final TreeMap<Long, TreeSet<String>> days = new TreeMap<>();
    private final Map<String, Long> filed = new HashMap<>();

    /** Look at the customer on the day `due`; a day that moves away is found out then. */
    void file(String name, long due) {
        Long held = filed.get(name);
        if (due == Customer.NEVER || (held != null && due >= held)) return;
        if (held != null) days.get(held).remove(name);
        filed.put(name, due);
        days.computeIfAbsent(due, day -> new TreeSet<>()).add(name);
    }

    /** Time goes on to `day`, if it does: the customers filed up to then, and no longer. */
    List<String> passTo(long day) {
        List<String> fallen = new ArrayList<>();
        if (day <= today) return fallen;
        today = day;
        while (!days.isEmpty() && days.firstKey() <= day) {
            fallen.addAll(days.pollFirstEntry().getValue());
        }
        fallen.forEach(filed::remove);
        return fallen;
    }
}
