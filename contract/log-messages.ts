/** Log message (`msg`) of the API, once a minute while objects of deleted photos cannot be erased. On AWS it triggers an alarm. */
export const ERASURES_DELAYED = 'Deleted photos are still in the bucket.';
