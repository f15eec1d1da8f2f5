import { NetworkStatus } from '@apollo/client';
import { useQuery } from '@apollo/client/react';
import { failureOf } from '../api/failure.ts';
import { PeopleDocument } from '../generated/graphql.ts';
import { Faces } from '../parts/faces.tsx';
import { Notice } from '../parts/notice.tsx';
import { useTitle } from '../parts/use-title.ts';
import { Controls } from './controls.tsx';
import { More } from './more.tsx';
import { PersonCard, Placeholders } from './person-card.tsx';
import { toVariables, useWishes, type Wishes } from './wishes.ts';

/** Everybody, a page at a time, as the address asks for them. */
export function People() {
  useTitle('People');
  const { wishes, wish, isPlain } = useWishes();
  const query = useQuery(PeopleDocument, {
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
          <PersonCard key={node.id} person={node} />
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
    <h2>No users found</h2>
    {isPlain ? (
      <p>Users appear here as soon as they create an account.</p>
    ) : (
      <p>No one matches your search. Try fewer letters or other filters.</p>
    )}
  </section>
);
