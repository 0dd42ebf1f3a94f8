# The works that have a goal, as README shows them: jq -r -f tests/bench/table.jq bench.json

def ms: if . == null then "-" elif . < 10 then (. * 100 | round) / 100 else (. * 10 | round) / 10 end | tostring;

def peers: [.contenders[] | select(.median_ms and (.name | test("^(harden|floor|the parse)") | not))
  | "\(.name) \(.median_ms | ms)"] | if . == [] then "-" else join(", ") end;

"| work | floor, ms | harden, ms | others, ms | goal | |",
"|---|---|---|---|---|---|",
(.works[] | select(.goal)
  | ([.contenders[] | select(.name | test("^floor"))][0] // {}) as $floor
  | ([.contenders[] | select(.name | test("^harden"))][0] // {}) as $harden
  | [.work + (if .size then ": \(.size)" else "" end), ($floor.median_ms | ms), ($harden.median_ms | ms), peers,
     .goal.at_most, if .goal.met == null then "not measured" elif .goal.met then "met" else "not met" end]
  | "| " + join(" | ") + " |")
