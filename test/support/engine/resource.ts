import type { RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';
import { fromStruct, type PlainObject, unwrap } from './wire.ts';

/** A resource as the program asked for it. */
export interface Resource {
  urn: string;
  /** Pulumi's token: `aws:s3/bucket:Bucket`. */
  type: string;
  name: string;
  parent: string;
  /** Something of AWS; false for a component of the program. */
  custom: boolean;
  inputs: PlainObject;
  /** Paths of `inputs` that are secret. */
  secrets: string[];
  /** URNs of `dependsOn` and of all inputs together. */
  dependencies: string[];
  options: {
    protect: boolean;
    retainOnDelete: boolean;
    deleteBeforeReplace: boolean;
    ignoreChanges: string[];
    additionalSecretOutputs: string[];
    provider: string;
    importId: string;
  };
  /** What AWS would have answered: id, ARN and so on; empty in a preview. */
  computed: PlainObject;
  /** What a component said with `registerOutputs`. */
  outputs?: PlainObject;
  /** Paths of `outputs` that are secret. */
  secretOutputs?: string[];
}

/** Reads the request as the engine would: what is wanted, of what it is made, in which order. */
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
      retainOnDelete: request.getRetainondelete() ?? false,
      deleteBeforeReplace: request.getDeletebeforereplace(),
      ignoreChanges: request.getIgnorechangesList(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      provider: request.getProvider(),
      importId: request.getImportid(),
    },
    computed: {},
  };
}
