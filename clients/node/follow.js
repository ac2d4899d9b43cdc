// Follows the feed: `node follow.js HOST:PORT POSITION_FILE [--organisation ods:RR8] [--until-head]`
//
// The file keeps the last position that was handled, never a time: started again, after a cut line or a restart, the
// program goes on behind it. A fact is told at least once, so what handles it must not mind hearing it twice.
// Exit code: 0 the head was reached and that was wanted, 2 cannot run.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connect, pause } from "./contract.js";

const SILENCE_MS = 45_000; // the server says something every 15 s: a line that is silent for longer is dead

const kept = (file) => (existsSync(file) ? readFileSync(file, "utf8").trim() : "0");

/** Keeps a position in one step, so that a crash leaves the old one or the new one. */
function keep(file, position) {
  writeFileSync(`${file}.new`, `${position}\n`);
  renameSync(`${file}.new`, file);
}

/** Handles one piece of the feed and returns the position that may be kept then. Here it is only printed. */
function handle({ fact, party_gained: gained, through_position: through }) {
  if (fact) {
    console.log(`${fact.position} ${fact.type} ${fact.outcome.replace("OUTCOME_", "")}`);
    return fact.position;
  }
  if (gained) {
    console.log(`party to ${gained.tag} from ${gained.position} on: replay what lies before`);
    return String(BigInt(gained.position) - 1n); // the fact that did it is still to come
  }
  return through;
}

/** Listens until the server ends the stream, which it does in good order now and then. */
async function listen(ledger, request, file) {
  const stream = ledger.client("Follow").Follow({ ...request, after_position: kept(file) });
  const silence = setTimeout(() => stream.cancel(), SILENCE_MS);
  try {
    for await (const event of stream) {
      silence.refresh();
      keep(file, handle(event));
    }
  } finally {
    clearTimeout(silence);
  }
}

async function follow(ledger, request, file) {
  for (let attempt = 1; ; attempt += 1) {
    const before = kept(file);
    try {
      await listen(ledger, request, file);
      if (request.until_head) return;
      attempt = 0;
      await sleep(100);
    } catch (error) {
      if (kept(file) !== before) attempt = 1; // it was heard from in between
      await sleep(pause(error, attempt));
    }
  }
}

/** Turns ods:RR8 into an identifier. Only who names nobody is the operator, and hears of everything. */
function named(text) {
  if (text === undefined) return undefined;
  const [scheme, ...value] = text.split(":");
  return { scheme, value: value.join(":") };
}

async function main() {
  const options = { organisation: { type: "string" }, "until-head": { type: "boolean", default: false } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [address, file] = positionals;
  if (!file) throw new Error("usage: node follow.js HOST:PORT POSITION_FILE [--organisation ods:RR8] [--until-head]");
  const ledger = connect(address);
  try {
    await follow(ledger, { organisation: named(values.organisation), until_head: values["until-head"] }, file);
  } finally {
    ledger.close();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 2;
});
