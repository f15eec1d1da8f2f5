import { ACCOUNT } from '../engine/kinds.ts';
import { at } from '../engine/wire.ts';
import { allOf, only, type World } from '../rules/world.ts';
import { type Caller, isAllowed } from './evaluate.ts';
import type { Statement } from './policy.ts';
import { ANYONE, CONTEXT, caller, identityOf, ofThing, service } from './world.ts';

/** Returns a function that evaluates a request written as caller and `s3:GetObject {photos}/temp/{id}`. */
export function questions(world: World, region: string) {
  const things = namesOf(world, region);
  const policies = ofThing(world);
  const callers = callersOf(world);

  /**
   * @param from source ARN of a service's request: `{distribution}`
   * @throws for an unknown caller or placeholder
   */
  return function ask(who: string, what: string, context: { from?: string; tls?: boolean } = {}) {
    const known = callers[who];
    if (!known) throw new Error(`Unknown caller ${who}.`);
    const [action = '', ...rest] = what.split(' ');
    return isAllowed(
      {
        caller: known.caller,
        action,
        resource: fill(rest.join(' '), things),
        context: {
          ...CONTEXT,
          'aws:securetransport': String(context.tls ?? true),
          ...(context.from && { 'aws:sourcearn': fill(context.from, things) }),
        },
      },
      { identity: known.identity, resource: policies },
    );
  };
}

function callersOf(world: World): Record<string, { caller: Caller; identity: Statement[] }> {
  const role = (name: string) => {
    const found = only(world, 'iam/role:Role', name);
    return { caller: caller(found), identity: identityOf(found, world) };
  };
  const aws = (name: string) => ({ caller: service(name), identity: [] });
  return {
    'function of calls': role('functions-http'),
    'function of the queue': role('functions-queue'),
    API: role('api'),
    CloudFront: aws('cloudfront'),
    S3: aws('s3'),
    'API Gateway': aws('apigateway'),
    CloudWatch: aws('cloudwatch'),
    stranger: { caller: ANYONE, identity: [] },
    'other role of the account': {
      caller: { kind: 'AWS', name: `arn:aws:iam::${ACCOUNT}:role/other` },
      identity: [],
    },
  };
}

function fill(text: string, things: Record<string, string>) {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const thing = things[name];
    if (thing === undefined) throw new Error(`Unknown placeholder {${name}}.`);
    return thing;
  });
}

/** ARNs of the placeholders: resources of the program, and of other owners. */
function namesOf(world: World, region: string): Record<string, string> {
  const arn = (kind: string, name = '') => String(only(world, kind, name).computed.arn);
  const named = (kind: string, name: string) =>
    String(allOf(world, kind).find((one) => one.name === name)?.computed.arn);
  const stream = (name: string) => `${named('logGroup:LogGroup', name)}:log-stream:one`;
  const elsewhere = (service: string) => `arn:aws:${service}:${region}:${ACCOUNT}`;
  return {
    id: '0197a1b2-7e24-7795-99ca-aaaa3c81fd9b',
    photos: arn('s3/bucket:Bucket', 'photos'),
    page: arn('s3/bucket:Bucket', 'page'),
    release: arn('s3/bucket:Bucket', 'release'),
    queue: named('sqs/queue:Queue', 'functions-uploads'),
    dead: named('sqs/queue:Queue', 'functions-uploads-dead'),
    images: String(only(world, 'apigatewayv2/api:Api').computed.executionArn),
    http: arn('lambda/function:Function', 'http'),
    later: arn('lambda/function:Function', 'queue'),
    jwt: arn('secretsmanager/secret:Secret', 'jwt'),
    callback: arn('secretsmanager/secret:Secret', 'callback'),
    password: String(
      at(only(world, 'rds/instance:Instance').computed, 'masterUserSecrets.0.secretArn'),
    ),
    database: arn('rds/instance:Instance'),
    httpLog: stream('functions-http'),
    laterLog: stream('functions-queue'),
    apiLog: stream('api'),
    apiRole: arn('iam/role:Role', 'api'),
    distribution: arn('cloudfront/distribution:Distribution'),
    topic: arn('sns/topic:Topic'),
    otherBucket: 'arn:aws:s3:::somebody-else',
    otherDistribution: `arn:aws:cloudfront::${ACCOUNT}:distribution/EOTHER`,
    otherImages: `${elsewhere('execute-api')}:0ther`,
    otherSecret: `${elsewhere('secretsmanager')}:secret:somebody-else-a1b2c3`,
    otherQueue: `${elsewhere('sqs')}:somebody-else`,
    otherLog: `${elsewhere('logs')}:log-group:/aws/lambda/somebody-else:log-stream:one`,
    parameter: `${elsewhere('ssm')}:parameter/somebody-else`,
    key: `${elsewhere('kms')}:key/somebody-else`,
  };
}
