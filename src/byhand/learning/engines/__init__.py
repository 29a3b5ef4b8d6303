"""The same mathematics, run differently. An engine learns; it never shuffles, schedules, prints or saves."""
