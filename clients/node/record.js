// Records facts: `node record.js HOST:PORT RecordApheresisPerformed.json ...`
//
// Each file is a whole request as ProtoJSON and is named after its rpc. It holds the request_id, so it is what has to be
// saved before the first attempt: sent again, after a cut line or for good measure, it gets the same answer for ever.
// Exit code: 0 all recorded, 1 at least one refused or malformed, 2 cannot run.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import { connect, details, pause } from "./contract.js";
import { fromProtoJson } from "./protojson.js";

const { FAILED_PRECONDITION, INVALID_ARGUMENT } = grpc.status;
const DEADLINE_MS = 10_000;

/** Sends a request until it is answered: the very same each time, so that it counts once. */
async function record(ledger, rpc, request) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(ledger, rpc, request);
    } catch (error) {
      await sleep(pause(error, attempt));
    }
  }
}

function send(ledger, rpc, request) {
  return new Promise((resolve, reject) => {
    const answered = (error, receipt) => (error ? reject(error) : resolve(receipt));
    ledger.client(rpc)[rpc](request, { deadline: Date.now() + DEADLINE_MS }, answered);
  });
}

/** What a receipt says, in lines. */
function recorded(receipt) {
  const again = receipt.repeated_call ? ", answered before" : "";
  const findings = receipt.findings ?? [];
  return [
    `${receipt.state.replace("RECEIPT_STATE_", "")} position ${receipt.position ?? 0}${again}`,
    ...findings.map((one) => `${one.rule} ${one.tag}: ${one.found}`),
  ];
}

/** What a refusal says: where the report is kept, and every broken rule that fits into a status. */
function refused({ ErrorInfo, PreconditionFailure }) {
  const { position, total } = ErrorInfo.metadata;
  const broken = PreconditionFailure?.violations ?? [];
  return [
    `REFUSED position ${position}`,
    ...broken.map((one) => `${one.type} ${one.subject}: ${one.description}`),
    ...(broken.length < Number(total) ? [`${broken.length} of ${total} broken rules; GetFact has the rest`] : []),
  ];
}

/** What is wrong with a request that is no fact at all. */
function malformed({ BadRequest }) {
  const faults = BadRequest?.field_violations ?? [];
  return ["MALFORMED nothing stored", ...faults.map((one) => `${one.field}: ${one.description}`)];
}

/** Records what one file holds, tells the answer, and returns whether it was recorded. */
async function recordFile(ledger, file) {
  const rpc = basename(file, ".json");
  const request = fromProtoJson(`coi.ledger.v1.${rpc}Request`, JSON.parse(readFileSync(file, "utf8")));
  const tell = ([first, ...rest]) => console.log([`${rpc} ${first}`, ...rest].join("\n  "));
  try {
    tell(recorded(await record(ledger, rpc, request)));
    return true;
  } catch (error) {
    if (error.code === FAILED_PRECONDITION) tell(refused(details(error)));
    else if (error.code === INVALID_ARGUMENT) tell(malformed(details(error)));
    else throw error;
    return false;
  }
}

async function main([address, ...files]) {
  if (files.length === 0) throw new Error("usage: node record.js HOST:PORT RecordApheresisPerformed.json ...");
  const ledger = connect(address);
  try {
    let all = true;
    for (const file of files) all = (await recordFile(ledger, file)) && all;
    return all ? 0 : 1;
  } finally {
    ledger.close();
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  return 2;
});
