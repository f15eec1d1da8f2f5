import type { RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';
import { fromStruct, type PlainObject, unwrap } from './wire.ts';

/** A resource as the program registered it. */
export interface Resource {
  urn: string;
  /** Pulumi's token: `aws:s3/bucket:Bucket`. */
  type: string;
  name: string;
  parent: string;
  /** True for a provider's resource, false for a component of the program. */
  custom: boolean;
  inputs: PlainObject;
  /** Paths of `inputs` that are secret. */
  secrets: string[];
  /** URNs from `dependsOn` and from all inputs. */
  dependencies: string[];
  options: {
    protect: boolean;
    ignoreChanges: string[];
    additionalSecretOutputs: string[];
    provider: string;
  };
  /** Outputs AWS would generate: id, ARN and so on; empty in a preview. */
  computed: PlainObject;
  /** Outputs a component registered with `registerOutputs`. */
  outputs?: PlainObject;
  /** Paths of `outputs` that are secret. */
  secretOutputs?: string[];
}

/** Parses a registration: inputs, secrets, dependencies and options. */
export function readResource(request: RegisterResourceRequest, urn: string): Resource {
  const { plain: inputs, secrets } = unwrap(fromStruct(request.getObject()));
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    custom: request.getCustom(),
    inputs,
    secrets,
    dependencies: request.getDependenciesList(),
    options: {
      protect: request.getProtect() ?? false,
      ignoreChanges: request.getIgnorechangesList(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      provider: request.getProvider(),
    },
    computed: {},
  };
}
