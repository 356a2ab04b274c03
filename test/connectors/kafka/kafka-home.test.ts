import { openKafka } from '../../../connectors/kafka/index.ts';
import { epochStoreSuite } from '../../contract/epoch-store-suite.ts';
import { sourceSuite } from '../../contract/source-suite.ts';
import { topicsSuite } from '../../contract/topics-suite.ts';
import { describeWith } from '../../require.ts';

describeWith('kafka', 'a Kafka home', (kafka) => {
  const make = async () => ({ open: async () => openKafka({ brokers: kafka.brokers }) });
  topicsSuite('Kafka', make);
  sourceSuite('Kafka', make);
  epochStoreSuite('Kafka', make);
});
