// Runs @segment/analytics-node, as published, against the address and write key given.
import { createRequire } from "node:module";

const [folder, host, writeKey, count] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const { Analytics } = require("@segment/analytics-node");

const errors = [];
const analytics = new Analytics({ host, writeKey, maxRetries: 3, flushAt: 5, flushInterval: 200 });
analytics.on("error", (error) => errors.push(String(error.reason?.message ?? error.code)));
for (let number = 0; number < Number(count); number += 1) {
  analytics.track({ userId: `u-${number}`, event: "Looked", messageId: `node-${number}`, properties: { number } });
}
analytics.identify({ userId: "u-1", traits: { age: 44 }, messageId: "node-identify" });
analytics.page({ anonymousId: "device", name: "Home", messageId: "node-page" });
analytics.group({ userId: "u-1", groupId: "g-1", messageId: "node-group" });
analytics.alias({ userId: "u-1", previousId: "device", messageId: "node-alias" });
await analytics.closeAndFlush({ timeout: 30_000 });
console.log(JSON.stringify({ errors }));
