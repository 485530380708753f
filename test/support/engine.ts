/** Which engine the tests of the router run on: all of them pass on both. */
export const TESTED_ENGINE = process.env['TROUPE_TEST_ENGINE'] ?? 'wire';
