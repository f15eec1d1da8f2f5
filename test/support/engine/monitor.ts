import type { handleUnaryCall } from '@grpc/grpc-js';
import messages from '@pulumi/pulumi/proto/resource_pb.js';
import empties from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Cloud } from './cloud.ts';
import { type Resource, readResource } from './resource.ts';
import { fromStruct, type PlainObject, secret, toStruct, unwrap } from './wire.ts';

/** What Pulumi's engine can do and this one plays too; the program is told that it cannot do the rest. */
const FEATURES = ['secrets', 'resourceReferences', 'outputValues', 'deletedWith', 'aliasSpecs'];

interface Wishes {
  project: string;
  stack: string;
  preview: boolean;
  cloud: Cloud;
  /** What the run before has made. */
  before: Resource[];
  /** Packages that have no default provider, as `pulumi:disable-default-providers` says. */
  explicitProviders: string[];
  /** What AWS says to every question instead of an answer. */
  refusal: string | undefined;
}

/**
 * The half of Pulumi's engine that takes resources: the gRPC service ResourceMonitor.
 *
 * In a preview a resource is answered with its own inputs, so that all else is unknown to the program;
 * in an update also with what AWS would have made up. What is not here is answered UNIMPLEMENTED
 * by gRPC itself, and Pulumi's runtime does without.
 */
export function monitor(wishes: Wishes) {
  const resources: Resource[] = [];
  /** Tokens of the data sources asked, in order. */
  const invokes: string[] = [];

  const supportsFeature = unary<messages.SupportsFeatureRequest, messages.SupportsFeatureResponse>(
    (request) =>
      new messages.SupportsFeatureResponse().setHassupport(FEATURES.includes(request.getId())),
  );

  const registerResource = unary<
    messages.RegisterResourceRequest,
    messages.RegisterResourceResponse
  >((request) => {
    const urn = urnOf(request, wishes);
    if (resources.some((other) => other.urn === urn)) throw new Error(`Duplicate resource ${urn}`);
    if (request.getCustom()) checkProvider(request.getType(), request, wishes);
    const asked = fromStruct(request.getObject());
    const resource = readResource(request, urn);
    const before = wishes.before.find((other) => other.urn === urn);
    if (before) keepIgnored(resource, before, asked);
    const isMade = !wishes.preview || before !== undefined;
    if (isMade && resource.custom) resource.computed = wishes.cloud.create(resource);
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
      checkProvider(request.getTok(), request, wishes);
      invokes.push(request.getTok());
      if (wishes.refusal) throw new Error(wishes.refusal);
      const found = wishes.cloud.read(
        request.getTok(),
        unwrap(fromStruct(request.getArgs())).plain,
      );
      return new messages.ResourceInvokeResponse().setReturn(toStruct(found));
    },
  );

  const signalAndWaitForShutdown = unary<empties.Empty, empties.Empty>(() => new empties.Empty());

  return {
    resources,
    invokes,
    service: {
      supportsFeature,
      registerResource,
      registerResourceOutputs,
      invoke,
      signalAndWaitForShutdown,
    },
  };
}

/** @throws as Pulumi does when a default provider is switched off and something relies on it */
function checkProvider(token: string, asked: { getProvider(): string }, wishes: Wishes) {
  const [name = ''] = token.split(':');
  if (asked.getProvider() !== '' || !wishes.explicitProviders.includes(name)) return;
  throw new Error(
    `Default provider for '${name}' disabled. '${token}' must use an explicit provider.`,
  );
}

/** Leaves what `ignoreChanges` names as it was made, whatever the program asks now. */
function keepIgnored({ inputs, options, secrets }: Resource, before: Resource, asked: PlainObject) {
  for (const name of options.ignoreChanges) {
    const kept = before.inputs[name] ?? null;
    inputs[name] = kept;
    asked[name] = secrets.includes(name) ? secret(kept) : kept;
  }
}

/** A gRPC method as a function: what it throws is the call's error. */
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

/** Pulumi's name for one resource in the world: stack, project, chain of types, name. */
function urnOf(request: messages.RegisterResourceRequest, { project, stack }: Wishes) {
  const parents = request.getParent().split('::')[2] ?? '';
  const chain = parents === '' || parents === 'pulumi:pulumi:Stack' ? [] : [parents];
  const types = [...chain, request.getType()].join('$');
  return `urn:pulumi:${stack}::${project}::${types}::${request.getName()}`;
}
