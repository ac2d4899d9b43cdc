// The wire contract, read from the proto files alone: no generated code and nothing of the ledger's own.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

// Elsewhere, copy `protos/coi` and `third_party/googleapis/google` into one folder and name that one.
const FOLDERS = ["../../protos", "../../third_party/googleapis"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Every message, enum and service of the contract by its full name. */
export const definitions = loader.loadSync(
  [
    ...readdirSync(`${FOLDERS[0]}/coi/ledger/v1`).map((file) => `coi/ledger/v1/${file}`),
    "google/rpc/status.proto",
    "google/rpc/error_details.proto",
  ],
  {
    includeDirs: FOLDERS,
    keepCase: true, // names as the contract writes them; else request_id would have to be requestId
    longs: String, // positions have 64 bits, the numbers of JavaScript 53
    enums: String, // RECEIPT_STATE_RECORDED, not 2
    bytes: String, // base64, as in ProtoJSON
    json: true, // the parts of a status are google.protobuf.Any: unpack them
  },
);

const { CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE } = grpc.status;
const ATTEMPTS = 5;

const services = Object.values(grpc.loadPackageDefinition(definitions).coi.ledger.v1).filter((made) => made.service);

/** Opens one connection, and returns the caller of every rpc by its name: `client("GetFact").GetFact(...)`. */
export function connect(address) {
  const clients = services.map((Service) => [
    Service.service,
    new Service(address, grpc.credentials.createInsecure()),
  ]);
  const client = (rpc) => {
    const [, found] = clients.find(([service]) => rpc in service) ?? [];
    if (!found) throw new Error(`the contract has no rpc ${rpc}`);
    return found;
  };
  return { client, close: () => clients.forEach(([, one]) => one.close()) };
}

/** Returns the parts of the google.rpc.Status that ended a call, by name: ErrorInfo, PreconditionFailure, BadRequest, RetryInfo. */
export function details(error) {
  const [octets] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!octets) return {};
  const parts = definitions["google.rpc.Status"].deserialize(octets).details ?? [];
  return Object.fromEntries(parts.map((part) => [part["@type"].split(".").at(-1), part]));
}

/** Returns the milliseconds to wait before the next attempt; throws the error when that would change nothing. */
export function pause(error, attempt) {
  const told = details(error).RetryInfo?.retry_delay;
  const again = told || [CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE].includes(error.code);
  if (!again || attempt === ATTEMPTS) throw error;
  return told ? Number(told.seconds ?? 0) * 1000 + (told.nanos ?? 0) / 1e6 : 100 * 2 ** attempt;
}
