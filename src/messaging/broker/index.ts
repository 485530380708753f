export { type Broker, type BrokerAddress, createBroker } from './broker.ts';
export type { BrokerOptions } from './options.ts';
