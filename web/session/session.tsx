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
import type { WebAppConfig } from '../../contract/web-app.ts';
import { type Failure, failureOf } from '../api/failure.ts';
import { SignInDocument, type UserCardFragment, ViewerDocument } from '../generated/graphql.ts';
import type { Tokens } from './token.ts';

/** The signed-in user, and functions to sign in and out. */
export interface Session {
  config: WebAppConfig;
  /** The signed-in user. */
  viewer: UserCardFragment | undefined;
  /** Whether the viewer is still being loaded. */
  isLoading: boolean;
  /** Why the viewer could not be loaded. */
  problem: Failure | undefined;
  /** Message for the sign-in form: why the last session ended, if not by the user. */
  notice: string | undefined;
  /** @throws errors for `failureOf` */
  signIn(email: string, password: string): Promise<void>;
  /** Signs in with a token of an outside identity provider. */
  signInWithToken(token: string): void;
  /** @param notice message for the sign-in form */
  signOut(notice?: string): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

interface Props {
  config: WebAppConfig;
  tokens: Tokens;
  children: ReactNode;
}

/** Provides the session: the token shared by all tabs, and the viewer it belongs to. */
export function SessionProvider({ config, tokens, children }: Props) {
  const client = useApolloClient();
  const token = useSyncExternalStore(tokens.subscribe, tokens.get);
  const notice = useSyncExternalStore(tokens.subscribe, tokens.notice);
  const { data, error } = useQuery(ViewerDocument, { skip: !token });

  // The next user must not see cached data of this one.
  useEffect(() => {
    if (!token) void client.clearStore();
  }, [client, token]);

  const signIn = useCallback(
    async (email: string, password: string) => {
      const variables = { email, password };
      const response = await client.mutate({ mutation: SignInDocument, variables });
      if (response.data) tokens.set(response.data.signIn.token);
    },
    [client, tokens],
  );

  const viewer = (token && data?.me) || undefined;
  const problem = token && error ? failureOf(error) : undefined;
  const session = useMemo(
    () => ({
      config,
      viewer,
      problem,
      notice,
      signIn,
      isLoading: Boolean(token) && !viewer && !problem,
      signInWithToken: tokens.set,
      signOut: tokens.clear,
    }),
    [config, viewer, problem, notice, signIn, token, tokens],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** @throws Error outside a `SessionProvider` */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession needs a SessionProvider.');
  return session;
}

/** Returns the signed-in user. @throws Error if there is none */
export function useViewer(): UserCardFragment {
  const { viewer } = useSession();
  if (!viewer) throw new Error('useViewer needs a signed-in user.');
  return viewer;
}

/** Whether the viewer is the owner or an admin; the API applies the same rule. */
export const canChange = (viewer: UserCardFragment, userId: string) =>
  viewer.id === userId || viewer.role === 'ADMIN';
