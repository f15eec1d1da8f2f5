import { NetworkStatus } from '@apollo/client';
import { useQuery } from '@apollo/client/react';
import { failureOf } from '../api/failure.ts';
import { Faces } from '../components/faces.tsx';
import { Notice } from '../components/notice.tsx';
import { useTitle } from '../components/use-title.ts';
import { UsersDocument } from '../generated/graphql.ts';
import { Controls } from './controls.tsx';
import { toVariables, useWishes, type Wishes } from './filters.ts';
import { More } from './load-more.tsx';
import { Placeholders, UserCard } from './user-card.tsx';

/** Everybody, a page at a time, as the address asks for them. */
export function People() {
  useTitle('People');
  const { wishes, wish, isPlain } = useWishes();
  const query = useQuery(UsersDocument, {
    variables: toVariables(wishes),
    // Others come and go: what was seen before is shown at once, and put right.
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
    notifyOnNetworkStatusChange: true,
  });
  const { data, previousData, error, networkStatus, refetch, fetchMore } = query;
  // While another wish is being fulfilled the people of the last one stay: nothing jumps.
  const users = (data ?? previousData)?.users;
  const cursor = users?.pageInfo.hasNextPage ? users.pageInfo.endCursor : undefined;

  return (
    <>
      <div className="title-line">
        <h1>People</h1>
        <p className="count" role="status">
          {users && countOf(users.totalCount, wishes)}
        </p>
      </div>
      <Controls wishes={wishes} onWish={wish} />
      {error && <Notice failure={failureOf(error)} onRetry={() => void refetch()} />}
      {users?.edges.length === 0 && <Nobody isPlain={isPlain} />}
      <ul className="people" aria-busy={!data}>
        {users?.edges.map(({ node }) => (
          <UserCard key={node.id} person={node} />
        ))}
        {!users && !error && <Placeholders />}
      </ul>
      {cursor && (
        <More
          isBusy={networkStatus === NetworkStatus.fetchMore}
          onMore={() => void fetchMore({ variables: { after: cursor } })}
        />
      )}
    </>
  );
}

/** The API counts up to here; that number means that many or more. */
const MOST_COUNTED = { all: 10_000, search: 1_000 };

function countOf(count: number, { search }: Wishes) {
  const isAtLeast = count >= (search ? MOST_COUNTED.search : MOST_COUNTED.all);
  if (isAtLeast) return `${count.toLocaleString('en')} people or more`;
  return count === 1 ? '1 person' : `${count} people`;
}

const Nobody = ({ isPlain }: { isPlain: boolean }) => (
  <section className="empty">
    <Faces absent />
    <h2>Nobody here</h2>
    {isPlain ? (
      <p>The first person to make an account will be seen here.</p>
    ) : (
      <p>Nobody fits this search. Try fewer letters, or another choice above.</p>
    )}
  </section>
);
