import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import { isOwnerOrAdmin } from '../auth/viewer.ts';
import { PublicError } from '../errors.ts';
import type { Context } from './context.ts';

/** Arguments, validated by GraphQL. Each rule uses those of its own field. */
// biome-ignore lint/suspicious/noExplicitAny: fields differ in their arguments, GraphQL has validated them
type Args = any;
type Rule = (args: Args, context: Context) => void | Promise<void>;

/** Allows anonymous callers; rejects an invalid token. */
const anonymous: Rule = (_, { refusal }) => {
  if (refusal) throw refusal;
};

/** Allows any caller, even with an invalid token: a client must be able to sign in again. */
const anyCaller: Rule = () => undefined;

const signedIn: Rule = (_, { viewer, refusal }) => {
  if (!viewer)
    throw (
      refusal ??
      new PublicError(
        'UNAUTHENTICATED',
        'Sign in first: send a token as "Authorization: Bearer …".',
      )
    );
};

const admin: Rule = (args, context) => {
  signedIn(args, context);
  if (context.viewer?.role !== 'ADMIN') throw forbidden('Only an admin may do this.');
};

/** Requires the owner of the object that the arguments identify, or an admin. */
function owner(
  userOf: (args: Args, context: Context) => Promise<string | undefined>,
  noun: string,
): Rule {
  return async (args, context) => {
    signedIn(args, context);
    const userId = await userOf(args, context);
    if (!userId) throw new PublicError('NOT_FOUND', `This ${noun} does not exist.`);
    if (!isOwnerOrAdmin(context.viewer, userId)) {
      throw forbidden(`Only its owner or an admin may change this ${noun}.`);
    }
  };
}

/** Only admins change roles. */
const rolesByAdmin: Rule = (args, context) => {
  if (args.input.role) admin(args, context);
};

const all =
  (...rules: Rule[]): Rule =>
  async (args, context) => {
    for (const rule of rules) await rule(args, context);
  };

const signUp: Rule = (args, context) => {
  if (context.config.signUp === 'closed' || !context.authenticator.issueToken) admin(args, context);
};

/** Admins are not rate-limited: they may list all addresses anyway. */
const newAccount: Rule = async (_, { rates, address, viewer }) => {
  if (viewer?.role === 'ADMIN') return;
  if (viewer) await rates.account(viewer);
  await rates.signUp(address);
};

/** Limits changes of e-mail address, username and password; other fields are not limited. */
const accountChange: Rule = ({ input }, { rates, address, viewer }) => {
  const isCounted = input.email != null || input.username != null || input.password != null;
  if (!viewer || viewer.role === 'ADMIN' || !isCounted) return;
  return rates.account(viewer, address);
};

/** Admins upload photos of many users, and are not limited. */
const onePhoto: Rule = (_, { rates, viewer }) =>
  viewer && viewer.role !== 'ADMIN' ? rates.upload(viewer) : undefined;

const userOwner = owner(
  async ({ id, userId = id }, { load }) => (await load.user.load(userId))?.id,
  'user',
);
const profileOwner = owner(
  async ({ id }, { load }) => (await load.profile.load(id))?.userId,
  'profile',
);

/** `profileId` defaults to the viewer's own. */
const photoOwner = owner(
  async ({ profileId }, { load, viewer }) =>
    profileId ? (await load.profile.load(profileId))?.userId : viewer?.id,
  'profile',
);

const uploadOwner = owner(async ({ id }, { load }) => {
  const photo = await load.photo.load(id);
  return photo && (await load.profile.load(photo.profileId))?.userId;
}, 'photo');

/** The authorization rule of every operation of the schema (ADR 0003). */
const RULES: Record<'Query' | 'Mutation' | 'Subscription', Record<string, Rule>> = {
  Query: {
    me: anonymous,
    user: signedIn,
    users: signedIn,
    profile: signedIn,
    photo: signedIn,
    uploadPolicy: anyCaller,
  },
  Mutation: {
    signIn: anyCaller,
    importUser: admin,
    createUser: all(anonymous, signUp, rolesByAdmin, newAccount),
    updateUser: all(userOwner, rolesByAdmin, accountChange),
    deleteUser: userOwner,
    createProfile: userOwner,
    updateProfile: profileOwner,
    deleteProfile: profileOwner,
    uploadProfilePhoto: all(photoOwner, onePhoto),
    requestPhotoUpload: all(photoOwner, onePhoto),
    cropProfilePhoto: all(photoOwner, onePhoto),
    deleteProfilePhoto: photoOwner,
  },
  Subscription: {
    photo: uploadOwner,
  },
};

/** Wraps each resolver with its rule. @throws Error for a field without a rule, so that none is open by mistake */
export function enforceRules(schema: GraphQLSchema) {
  guard(schema.getQueryType(), RULES.Query, 'resolve');
  guard(schema.getMutationType(), RULES.Mutation, 'resolve');
  guard(schema.getSubscriptionType(), RULES.Subscription, 'subscribe');
  return schema;
}

/** @param step function that the rule precedes; for a subscription its start, not each event */
function guard(
  type: GraphQLObjectType | null | undefined,
  rules: Record<string, Rule>,
  step: 'resolve' | 'subscribe',
) {
  for (const field of Object.values(type?.getFields() ?? {})) {
    const rule = rules[field.name];
    const proceed = field[step];
    if (!rule || !proceed)
      throw new Error(`${type}.${field.name} has no rule in graphql/authorization.ts.`);
    field[step] = (...call) => {
      const [, args, context] = call;
      const pending = rule(args, context);
      return pending ? pending.then(() => proceed(...call)) : proceed(...call);
    };
  }
}

const forbidden = (message: string) => new PublicError('FORBIDDEN', message);
