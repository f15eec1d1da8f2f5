import type { handleUnaryCall } from '@grpc/grpc-js';
import messages from '@pulumi/pulumi/proto/resource_pb.js';
import empties from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Cloud } from './cloud.ts';
import { type Resource, readResource } from './resource.ts';
import { fromStruct, type PlainObject, secret, toStruct, unwrap } from './wire.ts';

/** Features of Pulumi's engine that are supported here; all others are reported as unsupported. */
const FEATURES = ['secrets', 'resourceReferences', 'outputValues', 'deletedWith', 'aliasSpecs'];

interface MonitorOptions {
  project: string;
  stack: string;
  preview: boolean;
  cloud: Cloud;
  /** Resources of the previous run. */
  before: Resource[];
  /** Packages without a default provider (`pulumi:disable-default-providers`). */
  explicitProviders: string[];
  /** Error returned for every data source. */
  refusal: string | undefined;
}

/**
 * Implements the gRPC service ResourceMonitor, the half of Pulumi's engine that registers resources.
 *
 * A preview returns a resource's own inputs, so all its outputs are unknown to the program; an update adds
 * the outputs AWS would have generated. gRPC answers every other method with UNIMPLEMENTED, and Pulumi's
 * runtime works without them.
 */
export function monitor(options: MonitorOptions) {
  const resources: Resource[] = [];

  const supportsFeature = unary<messages.SupportsFeatureRequest, messages.SupportsFeatureResponse>(
    (request) =>
      new messages.SupportsFeatureResponse().setHassupport(FEATURES.includes(request.getId())),
  );

  const registerResource = unary<
    messages.RegisterResourceRequest,
    messages.RegisterResourceResponse
  >((request) => {
    const urn = urnOf(request, options);
    if (resources.some((other) => other.urn === urn)) throw new Error(`Duplicate resource ${urn}`);
    if (request.getCustom()) checkProvider(request.getType(), request, options);
    const asked = fromStruct(request.getObject());
    const resource = readResource(request, urn);
    const before = options.before.find((other) => other.urn === urn);
    if (before) keepIgnored(resource, before, asked);
    const isMade = !options.preview || before !== undefined;
    if (isMade && resource.custom) resource.computed = options.cloud.create(resource);
    resources.push(resource);
    return answer(resource, asked);
  });

  const registerResourceOutputs = unary<messages.RegisterResourceOutputsRequest, empties.Empty>(
    (request) => {
      const resource = resources.find(({ urn }) => urn === request.getUrn());
      if (!resource) throw new Error(`Outputs of ${request.getUrn()}, which was never registered`);
      const { plain, secrets } = unwrap(fromStruct(request.getOutputs()));
      resource.outputs = plain;
      resource.secretOutputs = secrets;
      return new empties.Empty();
    },
  );

  const invoke = unary<messages.ResourceInvokeRequest, messages.ResourceInvokeResponse>(
    (request) => {
      checkProvider(request.getTok(), request, options);
      if (options.refusal) throw new Error(options.refusal);
      const found = options.cloud.read(
        request.getTok(),
        unwrap(fromStruct(request.getArgs())).plain,
      );
      return new messages.ResourceInvokeResponse().setReturn(toStruct(found));
    },
  );

  const signalAndWaitForShutdown = unary<empties.Empty, empties.Empty>(() => new empties.Empty());

  return {
    resources,
    service: {
      supportsFeature,
      registerResource,
      registerResourceOutputs,
      invoke,
      signalAndWaitForShutdown,
    },
  };
}

/** @throws as Pulumi does if a resource relies on a disabled default provider */
function checkProvider(token: string, asked: { getProvider(): string }, options: MonitorOptions) {
  const [name = ''] = token.split(':');
  if (asked.getProvider() !== '' || !options.explicitProviders.includes(name)) return;
  throw new Error(
    `Default provider for '${name}' disabled. '${token}' must use an explicit provider.`,
  );
}

/** Keeps the previous inputs that `ignoreChanges` names. */
function keepIgnored({ inputs, options, secrets }: Resource, before: Resource, asked: PlainObject) {
  for (const name of options.ignoreChanges) {
    const kept = before.inputs[name] ?? null;
    inputs[name] = kept;
    asked[name] = secrets.includes(name) ? secret(kept) : kept;
  }
}

/** Wraps a function as a unary gRPC method; an exception becomes the call's error. */
export function unary<Request, Response>(
  play: (request: Request) => Response,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    try {
      callback(null, play(call.request));
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

function answer({ urn, computed, options }: Resource, inputs: PlainObject) {
  const { id = '', ...rest } = computed;
  const object = { ...inputs, ...rest };
  for (const name of options.additionalSecretOutputs) {
    if (object[name] !== undefined) object[name] = secret(object[name]);
  }
  return new messages.RegisterResourceResponse()
    .setUrn(urn)
    .setId(String(id))
    .setObject(toStruct(object));
}

/** The resource's URN: stack, project, chain of types, name. */
function urnOf(request: messages.RegisterResourceRequest, { project, stack }: MonitorOptions) {
  const parents = request.getParent().split('::')[2] ?? '';
  const chain = parents === '' || parents === 'pulumi:pulumi:Stack' ? [] : [parents];
  const types = [...chain, request.getType()].join('$');
  return `urn:pulumi:${stack}::${project}::${types}::${request.getName()}`;
}
