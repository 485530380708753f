/** All operations by path: those of 2015 and those of today (diego.md §1.3, §1.4). */
import { ConvergeLRPsResponse } from '../../model/bbs/messages/actual-lrp.ts';
import {
  CellsResponse,
  DomainsResponse,
  UpsertDomainRequest,
  UpsertDomainResponse,
} from '../../model/bbs/messages/cells.ts';
import { Nothing, PingResponse } from '../../model/bbs/messages/common.ts';
import { convergeLrps } from '../convergence/converge-lrps.ts';
import { freshDomains, upsertDomain } from '../operations/domains.ts';
import { listCells } from '../operations/reads.ts';
import { ACTUAL_ROUTES } from './actual-routes.ts';
import { DESIRED_ROUTES } from './desired-routes.ts';
import { type Route, route, withError } from './route.ts';
import { TASK_ROUTES } from './task-routes.ts';

const IGNORED = { isBodyIgnored: true };

const COMMON_ROUTES: readonly Route[] = [
  route('/v1/ping', Nothing, PingResponse, () => ({ available: true }), IGNORED),
  route(
    '/v1/domains/list',
    Nothing,
    DomainsResponse,
    (state) => ({ domains: freshDomains(state) }),
    IGNORED,
  ),
  route('/v1/domains/upsert', UpsertDomainRequest, UpsertDomainResponse, async (state, request) =>
    withError(await upsertDomain(state, request)),
  ),
  route('/v1/cells/list.r1', Nothing, CellsResponse, listCells, IGNORED),
  route(
    '/v1/lrps/converge',
    Nothing,
    ConvergeLRPsResponse,
    async (state) => {
      await convergeLrps(state);
      return {};
    },
    IGNORED,
  ),
];

export const ROUTES: ReadonlyMap<string, Route> = new Map(
  [...COMMON_ROUTES, ...ACTUAL_ROUTES, ...DESIRED_ROUTES, ...TASK_ROUTES].map((own) => [
    own.path,
    own,
  ]),
);
