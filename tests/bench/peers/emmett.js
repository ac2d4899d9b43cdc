// Emmett's Postgres event store: reads a chain's stream, then appends one event on the version that was read.
// Usage: node emmett.js CONNECTION_STRING CALLERS. Each line of input is the path of a JSON file of chains, each a list
// of {id, type, data}; each line of output says how many facts were stored in how many seconds.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";

const [address, callers] = [process.argv[2], Number(process.argv[3])];
const store = getPostgreSQLEventStore(address);
await store.schema.migrate();
console.log(JSON.stringify({ ready: true }));

async function tell(chain) {
  const stream = `chain-${chain[0].id}`;
  for (const { id, type, data } of chain) {
    const { currentStreamVersion } = await store.readStream(stream);
    await store.appendToStream(stream, [{ type, data, metadata: { id } }], { expectedStreamVersion: currentStreamVersion });
  }
  return chain.length;
}

for await (const path of createInterface({ input: process.stdin })) {
  const chains = JSON.parse(readFileSync(path, "utf8"));
  const began = performance.now();
  let facts = 0;
  const telling = async () => {
    for (let chain = chains.pop(); chain; chain = chains.pop()) facts += await tell(chain);
  };
  await Promise.all(Array.from({ length: callers }, telling));
  console.log(JSON.stringify({ facts, seconds: (performance.now() - began) / 1000 }));
}
await store.close();
