import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import engineService from '@pulumi/pulumi/proto/engine_grpc_pb.js';
import engine from '@pulumi/pulumi/proto/engine_pb.js';
import resourceService from '@pulumi/pulumi/proto/resource_grpc_pb.js';
import empties from 'google-protobuf/google/protobuf/empty_pb.js';
import { standInCloud } from './cloud.ts';
import { monitor, unary } from './monitor.ts';
import type { Resource } from './resource.ts';

/** Name of the project in Pulumi.yaml. */
const PROJECT = 'portrait';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The file that Pulumi's language host for Node starts for every `preview` and `up`. */
const LAUNCHER = join(ROOT, 'node_modules', '@pulumi', 'pulumi', 'cmd', 'run', 'index.js');

/** Pulumi takes a stack trace for every resource and promise, which is half the time of a run. */
const FAST = ['--stack-trace-limit=0'];

export interface Program {
  /** Folder of Pulumi.yaml and of index.ts, its `main`. */
  folder: string;
  /** Stack config by full key: `portrait:domain`, `aws:region`. */
  config: Record<string, string | undefined>;
  /** Keys of `config` that were set with `--secret`. */
  secretKeys?: string[];
  /** Packages that may be used only through an explicit provider of the program. */
  explicitProviders?: string[];
  /** Error returned for every data source. */
  refusal?: string;
  stack?: string;
  preview?: boolean;
  /** Previous run, whose resources exist; without it, the stack is empty. */
  after?: Run;
}

/** Everything the program sent to its engine. */
export interface Run {
  resources: Resource[];
  errors: string[];
  warnings: string[];
  /** Outputs of the stack. */
  outputs: Resource['outputs'];
  secretOutputs: string[];
  exitCode: number;
}

/**
 * Runs a Pulumi program as `pulumi preview` or `pulumi up` does: Pulumi's own launcher in a child process,
 * connected to an engine that records every registration and a cloud that creates nothing.
 */
export async function runProgram(program: Program): Promise<Run> {
  const { config, stack = 'test', preview = false } = program;
  const { service, resources } = monitor({
    ...{ project: PROJECT, stack, preview },
    cloud: standInCloud(config['aws:region'] ?? 'eu-central-1'),
    before: program.after?.resources ?? [],
    explicitProviders: program.explicitProviders ?? [],
    refusal: program.refusal,
  });
  const log = engineLog();
  const { server, address } = await serve(service, log.service);
  const { exitCode, printed } = await launch({ ...program, stack, preview }, address);
  server.forceShutdown();

  const root = resources.find(({ type }) => type === 'pulumi:pulumi:Stack');
  return {
    resources: resources.filter((resource) => resource !== root),
    errors: [...log.errors, ...(printed.trim() === '' ? [] : [printed])],
    warnings: log.warnings,
    outputs: root?.outputs,
    secretOutputs: root?.secretOutputs ?? [],
    exitCode,
  };
}

async function launch(program: Program, address: string) {
  const { folder, config, secretKeys = [], stack, preview } = program;
  const flags = [
    ...[`--monitor=${address}`, `--engine=${address}`],
    ...[`--project=${PROJECT}`, `--stack=${stack}`, '--organization=test'],
    ...[`--pwd=${folder}`, `--root-directory=${folder}`, '--parallel=16'],
    ...(preview ? ['--dry-run'] : []),
  ];
  const child = spawn(
    process.execPath,
    [...FAST, ...nodeArgs(folder), LAUNCHER, ...flags, 'index.ts'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      // ms; a program that waits forever must fail its test, not outlive it.
      timeout: 60_000,
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: join(tmpdir(), 'portrait-compile-cache'),
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
      },
    },
  );
  const [[exitCode], printed] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { exitCode, printed };
}

/** Options of Node in Pulumi.yaml, which Pulumi passes on. */
function nodeArgs(folder: string) {
  const [, args = ''] =
    /nodeargs: (.+)/.exec(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8')) ?? [];
  return args.split(' ').filter(Boolean);
}

/** Implements the gRPC service Engine, the half of the engine that receives log messages. */
function engineLog() {
  const errors: string[] = [];
  const warnings: string[] = [];
  let root = '';
  const service = {
    log: unary<engine.LogRequest, empties.Empty>((request) => {
      if (request.getSeverity() === engine.LogSeverity.ERROR) errors.push(request.getMessage());
      if (request.getSeverity() === engine.LogSeverity.WARNING) warnings.push(request.getMessage());
      return new empties.Empty();
    }),
    getRootResource: unary<engine.GetRootResourceRequest, engine.GetRootResourceResponse>(() =>
      new engine.GetRootResourceResponse().setUrn(root),
    ),
    setRootResource: unary<engine.SetRootResourceRequest, engine.SetRootResourceResponse>(
      (request) => {
        root = request.getUrn();
        return new engine.SetRootResourceResponse();
      },
    ),
  };
  return { service, errors, warnings };
}

type Service = ReturnType<typeof monitor>['service'];

async function serve(resources: Service, log: ReturnType<typeof engineLog>['service']) {
  const server = new Server({ 'grpc.max_receive_message_length': 400 * 1024 * 1024 });
  server.addService(resourceService.ResourceMonitorService, resources);
  server.addService(engineService.EngineService, log);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { server, address: `127.0.0.1:${port}` };
}
