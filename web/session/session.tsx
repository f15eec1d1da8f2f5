import { useApolloClient, useQuery } from '@apollo/client/react';
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from 'react';
import { type Failure, failureOf } from '../api/failure.ts';
import type { PageConfig } from '../config.ts';
import { SignInDocument, type UserCardFragment, ViewerDocument } from '../generated/graphql.ts';
import type { Tokens } from './token.ts';

/** Who is signed in, and how to change that. */
export interface Session {
  config: PageConfig;
  /** Who is signed in. */
  viewer: UserCardFragment | undefined;
  /** Whether that is not known yet. */
  isOpening: boolean;
  /** Why it cannot be found out. */
  problem: Failure | undefined;
  /** Why the last session ended, if not by signing out. */
  notice: string | undefined;
  /** @throws what `failureOf` reads */
  signIn(email: string, password: string): Promise<void>;
  /** Takes the token of an outside identity provider. */
  adopt(token: string): void;
  /** @param why told on the page that follows */
  signOut(why?: string): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

interface Props {
  config: PageConfig;
  tokens: Tokens;
  children: ReactNode;
}

/** Keeps the session of all tabs: the token, and whoever the API says it is. */
export function SessionProvider({ config, tokens, children }: Props) {
  const client = useApolloClient();
  const token = useSyncExternalStore(tokens.subscribe, tokens.read);
  const notice = useSyncExternalStore(tokens.subscribe, tokens.notice);
  const { data, error } = useQuery(ViewerDocument, { skip: !token });

  // What one person could see is not left for the next.
  useEffect(() => {
    if (!token) void client.clearStore();
  }, [client, token]);

  const signIn = useCallback(
    async (email: string, password: string) => {
      const variables = { email, password };
      const answer = await client.mutate({ mutation: SignInDocument, variables });
      if (answer.data) tokens.keep(answer.data.signIn.token);
    },
    [client, tokens],
  );

  const viewer = (token && data?.me) || undefined;
  const problem = token && error ? failureOf(error) : undefined;
  const session = useMemo(
    () => ({
      ...{ config, viewer, problem, notice, signIn },
      isOpening: Boolean(token) && !viewer && !problem,
      adopt: tokens.keep,
      signOut: tokens.forget,
    }),
    [config, viewer, problem, notice, signIn, token, tokens],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** @throws outside of a `SessionProvider` */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession outside of SessionProvider.');
  return session;
}

/** The person that is signed in; for what only they see. */
export function useViewer(): UserCardFragment {
  const { viewer } = useSession();
  if (!viewer) throw new Error('useViewer without anybody signed in.');
  return viewer;
}

/** What the API decides as well: owners and admins. */
export const mayChange = (viewer: UserCardFragment, userId: string) =>
  viewer.id === userId || viewer.role === 'ADMIN';
