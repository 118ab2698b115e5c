// fal's own JavaScript client goes through submit, status, result, upload and cancel against the sandbox whose base
// URL is the first argument. The client's hosts are hard-coded: its request middleware is the way to redirect them.
// Prints one JSON document with what it saw; the Python test judges it.

import { readFileSync } from "node:fs";
import { createFalClient, ValidationError, ApiError } from "@fal-ai/client";

const [base, still] = process.argv.slice(2);
const endpoint = "fal-ai/kling-video/v3/standard/image-to-video";
const hosts = /^https:\/\/(queue\.fal\.run|fal\.run|rest\.fal\.ai)/;

const fal = createFalClient({
  credentials: "id:secret",
  requestMiddleware: async (request) => ({ ...request, url: request.url.replace(hosts, base) }),
});

const bytes = readFileSync(still);
const url = await fal.storage.upload(new File([bytes], "bowl.png", { type: "image/png" }));
const back = Buffer.from(await (await fetch(url)).arrayBuffer());

const input = { start_image_url: url, prompt: "a bowl turns", duration: "3", generate_audio: false };
const polled = [];
const subscribed = await fal.subscribe(endpoint, {
  input,
  logs: true,
  pollInterval: 50,
  onQueueUpdate: (update) => polled.push(update),
});

const submitted = await fal.queue.submit(endpoint, { input: { ...input, start_image_url: new Blob([bytes], { type: "image/png" }) } });
const streamed = [];
const done = await fal.queue.subscribeToStatus(endpoint, {
  requestId: submitted.request_id,
  mode: "streaming",
  logs: true,
  onQueueUpdate: (update) => streamed.push(update.status),
});
const result = await fal.queue.result(endpoint, { requestId: submitted.request_id });
const clip = await (await fetch(result.data.video.url)).arrayBuffer();

const refused = await fal.queue.submit(endpoint, { input: { ...input, duration: 3 } });
await fal.queue.subscribeToStatus(endpoint, { requestId: refused.request_id, pollInterval: 50 });
const refusal = await fal.queue.result(endpoint, { requestId: refused.request_id }).catch((error) => error);

// The third in a row waits while two run: cancelling it removes it from the queue.
const row = [];
for (let n = 0; n < 3; n++) {
  row.push(await fal.queue.submit(endpoint, { input: { ...input, prompt: `a bowl turns ${n}` } }));
}
const last = row[2].request_id;
await fal.queue.cancel(endpoint, { requestId: last });
const cancelled = await fal.queue.status(endpoint, { requestId: last, logs: false });
const again = await fal.queue.cancel(endpoint, { requestId: last }).catch((error) => error);
for (const { request_id: requestId } of row.slice(0, 2)) {
  await fal.queue.cancel(endpoint, { requestId });
}
const unknown = await fal.queue
  .status(endpoint, { requestId: "019da07e-1dc2-7792-aa49-8cc26a4da239" })
  .catch((error) => error);

console.log(
  JSON.stringify({
    upload: { url, same: back.equals(bytes) },
    subscribed: { requestId: subscribed.requestId, video: subscribed.data.video },
    polled: polled.map((update) => update.status),
    logs: polled.at(-1).logs.map((log) => log.message),
    submitted,
    streamed,
    done: done.status,
    result: { requestId: result.requestId, video: result.data.video, bytes: clip.byteLength },
    refusal: {
      validation: refusal instanceof ValidationError,
      status: refusal.status,
      fields: refusal.getFieldErrors("duration"),
      requestId: refusal.requestId,
    },
    cancelled,
    again: { api: again instanceof ApiError, status: again.status, body: again.body },
    unknown: { api: unknown instanceof ApiError, status: unknown.status, body: unknown.body },
  }),
);
