// From ProtoJSON, as in `protos/examples`, to what proto-loader takes. The two are alike, but not the same:
//   - times are {seconds, nanos} there: text throws, and a Date is taken for a time without seconds;
//   - a field or an enum word that the contract does not know is dropped there without a word; here it throws;
//   - in answers, what is empty, false or 0 is left out.

import { definitions } from "./contract.js";

const TIMESTAMP = "google.protobuf.Timestamp";

/** Turns the ProtoJSON of a message into what proto-loader takes; `type` is its full name. */
export function fromProtoJson(type, json) {
  if (type === TIMESTAMP) return time(json);
  if (!definitions[type]) throw new Error(`the contract has no message ${type}`);
  const fields = new Map(definitions[type].type.field.map((field) => [field.name, field]));
  const pair = ([name, value]) => {
    const field = fields.get(name);
    if (!field) throw new Error(`${type} has no field ${name}`);
    return [name, Array.isArray(value) ? value.map((item) => part(field, item)) : part(field, value)];
  };
  return Object.fromEntries(Object.entries(json).map(pair));
}

function part(field, value) {
  const type = field.typeName.includes(".") ? field.typeName : `coi.ledger.v1.${field.typeName}`;
  if (field.type === "TYPE_MESSAGE") return fromProtoJson(type, value);
  if (field.type === "TYPE_ENUM" && !definitions[type].type.value.some((word) => word.name === value))
    throw new Error(`${type} has no word ${value}`);
  return value;
}

/** Turns 2026-04-07T08:04:00.250Z into {seconds, nanos}; Date alone would lose what is finer than a millisecond. */
export function time(text) {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!parts) throw new Error(`${text} is no time such as 2026-04-07T08:04:00Z`);
  const [, second, fraction = "", zone] = parts;
  return { seconds: Date.parse(second + zone) / 1000, nanos: Number(fraction.padEnd(9, "0")) };
}
