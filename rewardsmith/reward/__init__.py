"""The contract of a reward program: extract it from a reply, guard it, bind it to signals."""
