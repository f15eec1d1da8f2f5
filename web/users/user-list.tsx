import { NetworkStatus } from '@apollo/client';
import { useQuery } from '@apollo/client/react';
import { failureOf } from '../api/failure.ts';
import { Faces } from '../components/faces.tsx';
import { Notice } from '../components/notice.tsx';
import { useTitle } from '../components/use-title.ts';
import { UsersDocument } from '../generated/graphql.ts';
import { Controls } from './controls.tsx';
import { type Filters, toVariables, useFilters } from './filters.ts';
import { LoadMore } from './load-more.tsx';
import { Placeholders, UserCard } from './user-card.tsx';

/** List of users, page by page, with search, filters and order taken from the address. */
export function UserList() {
  useTitle('People');
  const { filters, changeFilters, isDefault } = useFilters();
  const query = useQuery(UsersDocument, {
    variables: toVariables(filters),
    // Shows the cached list at once, then updates it: users come and go.
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
    notifyOnNetworkStatusChange: true,
  });
  const { data, previousData, error, networkStatus, refetch, fetchMore } = query;
  // While a changed filter loads, the previous list stays: nothing jumps.
  const users = (data ?? previousData)?.users;
  const cursor = users?.pageInfo.hasNextPage ? users.pageInfo.endCursor : undefined;

  return (
    <>
      <div className="title-line">
        <h1>People</h1>
        <p className="count" role="status">
          {users && countOf(users.totalCount, filters)}
        </p>
      </div>
      <Controls filters={filters} onChange={changeFilters} />
      {error && <Notice failure={failureOf(error)} onRetry={() => void refetch()} />}
      {users?.edges.length === 0 && <EmptyList isDefault={isDefault} />}
      <ul className="people" aria-busy={!data}>
        {users?.edges.map(({ node }) => (
          <UserCard key={node.id} user={node} />
        ))}
        {!users && !error && <Placeholders />}
      </ul>
      {cursor && (
        <LoadMore
          isBusy={networkStatus === NetworkStatus.fetchMore}
          onLoadMore={() => void fetchMore({ variables: { after: cursor } })}
        />
      )}
    </>
  );
}

/** The API stops counting here: these counts mean at least that many. */
const MAX_COUNT = { all: 10_000, search: 1_000 };

function countOf(count: number, { search }: Filters) {
  const isAtLeast = count >= (search ? MAX_COUNT.search : MAX_COUNT.all);
  if (isAtLeast) return `${count.toLocaleString('en')}+ people`;
  return count === 1 ? '1 person' : `${count} people`;
}

const EmptyList = ({ isDefault }: { isDefault: boolean }) => (
  <section className="empty">
    <Faces hasGap />
    <h2>No people found</h2>
    {isDefault ? (
      <p>The first person to sign up will appear here.</p>
    ) : (
      <p>No one matches this search. Try a shorter search or other filters.</p>
    )}
  </section>
);
