// SPDX-License-Identifier: LGPL-2.1-or-later
// ONNX Runtime for cnn-bench, which starts this and talks to it in lines: see helper.h.
import { createRequire } from 'node:module';
import { readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';

function answer(text) {
  writeAll(Buffer.from(text + '\n'));
}

function writeAll(buffer) {
  for (let at = 0; at < buffer.length;) at += writeSync(1, buffer, at);
}

let ort;
try {
  ort = createRequire(import.meta.url)('onnxruntime-node');
} catch {
  answer('no the package is not installed');
  process.exit(0);
}

function readExactly(count) {
  const buffer = Buffer.alloc(count);
  let at = 0;
  while (at < count) {
    const got = readSync(0, buffer, at, count - at);
    if (got === 0) process.exit(0);
    at += got;
  }
  return buffer;
}

// Byte by byte, so that nothing of the floats behind a line is taken with it.
function readLine() {
  const bytes = [];
  for (;;) {
    const byte = readExactly(1)[0];
    if (byte === 10) return Buffer.from(bytes).toString();
    bytes.push(byte);
  }
}

function planes(interleaved, pixels, channels) {
  const result = new Float32Array(interleaved.length);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < channels; c++) result[c * pixels + p] = interleaved[p * channels + c];
  return result;
}

function pixelsOf(tensor) {
  const [, channels, height, width] = tensor.dims;
  const result = new Float32Array(tensor.data.length);
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < channels; c++) result[p * channels + c] = tensor.data[c * height * width + p];
  return result;
}

async function prepare(description) {
  const { height, width, channels, threads } = description;
  const bytes = readExactly(4 * height * width * channels);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const session = await ort.InferenceSession.create(description.model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
  const data = description.planar ? values : planes(values, height * width, channels);
  const input = new ort.Tensor('float32', data, [1, channels, height, width]);
  const run = { session, input, planar: description.planar, processorTime: description.processor_time };
  await seconds(run);
  return run;
}

// A file as it is, with one input of any rank.
async function open(description) {
  const count = description.sizes.reduce((a, b) => a * b, 1);
  const bytes = readExactly(4 * count);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, count);
  writeFileSync('/proc/self/clear_refs', '5'); // the peak is what there is now
  const before = process.memoryUsage().rss;
  const start = process.hrtime.bigint();
  const session = await ort.InferenceSession.create(description.model, {
    intraOpNumThreads: description.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const input = new ort.Tensor('float32', values, description.sizes);
  const run = { session, input, planar: true, processorTime: description.processor_time };
  await seconds(run);
  run.started = Number(process.hrtime.bigint() - start) * 1e-9;
  const peak = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1] * 1024;
  run.memory = Math.max(0, peak - before);
  return run;
}

function add(run) {
  const id = String(runs.size ? Math.max(...[...runs.keys()].map(Number)) + 1 : 0);
  runs.set(id, run);
  return id;
}

function now(run) {
  if (!run.processorTime) return Number(process.hrtime.bigint()) * 1e-9;
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e-6;
}

async function seconds(run) {
  const start = now(run);
  run.output = (await run.session.run({ [run.session.inputNames[0]]: run.input }))[run.session.outputNames[0]];
  return now(run) - start;
}

const runs = new Map();
answer('ready onnxruntime');
for (;;) {
  const line = readLine();
  const [command, name] = line.split(' ', 2);
  const run = runs.get(name);
  try {
    if (command === 'prepare') {
      answer(`ready ${add(await prepare(JSON.parse(line.slice('prepare '.length))))}`);
    } else if (command === 'open') {
      const opened = await open(JSON.parse(line.slice('open '.length)));
      answer(`opened ${add(opened)} ${opened.started} ${opened.memory}`);
    } else if (command === 'run') {
      answer((await seconds(run)).toFixed(9));
    } else if (command === 'output') {
      const values = run.planar ? run.output.data : pixelsOf(run.output);
      answer(`output ${values.length}`);
      writeAll(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    } else if (command === 'release') {
      await run.session.release();
      runs.delete(name);
      answer(`ready ${name}`);
    } else {
      answer(`no such command: ${command}`);
    }
  } catch (error) {
    answer(`no ${String(error.message).replaceAll('\n', ' ')}`);
  }
}
