import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's Java clients beside ours: writes records with each codec, then reads what we wrote and prints count and hash per topic. */
class JavaClients {
  static final int COUNT = 2000;

  public static void main(String[] args) throws Exception {
    String brokers = args[0], prefix = args[1];
    List<String> codecs = List.of("gzip", "snappy", "lz4", "zstd");
    for (String codec : codecs) produce(brokers, prefix + ".java." + codec, codec);
    for (String codec : codecs) System.out.println(codec + " " + consume(brokers, prefix + ".ours." + codec));
  }

  static void produce(String brokers, String topic, String codec) {
    Map<String, Object> config = Map.of("bootstrap.servers", brokers, "compression.type", codec, "linger.ms", "20");
    try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < COUNT; i++) producer.send(new ProducerRecord<>(topic, 0, 1000L + i, "key " + i % 7, "value " + i));
    }
  }

  static String consume(String brokers, String topic) {
    Map<String, Object> config = Map.of("bootstrap.servers", brokers, "group.id", topic, "auto.offset.reset", "earliest", "isolation.level", "read_committed");
    int count = 0, hash = 0;
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      for (int tries = 0; tries < 100 && count < COUNT; tries++) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
          count++;
          hash = 31 * hash + (record.offset() + record.key() + record.value() + record.timestamp()).hashCode();
        }
      }
    }
    return count + " " + hash;
  }
}
