/** Log line of the API (`msg`), once a minute while deleted photos cannot be erased: on AWS it raises an alarm. */
export const ERASURES_DELAYED = 'Deleted photos are still in the bucket.';
