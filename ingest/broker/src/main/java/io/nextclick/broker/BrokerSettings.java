// SPDX-License-Identifier: Apache-2.0
package io.nextclick.broker;

import java.nio.file.Path;
import java.util.Properties;

/** The Kafka configuration of one node that is broker and controller at once. */
final class BrokerSettings {

  static final int NODE_ID = 1;
  static final String CONTROLLER = "CONTROLLER";

  private static final String HOST = "127.0.0.1";

  private BrokerSettings() {}

  /** Listens on the loopback interface alone; everything on disk lies below {@code directory}. */
  static Properties of(Path directory, int port, int controllerPort) {
    Properties p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", Integer.toString(NODE_ID));
    p.setProperty("controller.quorum.voters", NODE_ID + "@" + HOST + ":" + controllerPort);
    p.setProperty("controller.listener.names", CONTROLLER);
    p.setProperty("inter.broker.listener.name", "PLAINTEXT");
    p.setProperty("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    p.setProperty(
        "listeners",
        "PLAINTEXT://" + HOST + ":" + port + ",CONTROLLER://" + HOST + ":" + controllerPort);
    p.setProperty("advertised.listeners", "PLAINTEXT://" + HOST + ":" + port);
    p.setProperty("log.dirs", directory.toString());
    p.setProperty("auto.create.topics.enable", "false");
    oneReplica(p);
    boundMemory(p);
    comeBackFast(p);
    return p;
  }

  private static void oneReplica(Properties p) {
    p.setProperty("offsets.topic.replication.factor", "1");
    p.setProperty("offsets.topic.num.partitions", "1");
    p.setProperty("transaction.state.log.replication.factor", "1");
    p.setProperty("transaction.state.log.min.isr", "1");
    p.setProperty("transaction.state.log.num.partitions", "1");
    p.setProperty("share.coordinator.state.topic.replication.factor", "1");
    p.setProperty("share.coordinator.state.topic.min.isr", "1");
    p.setProperty("share.coordinator.state.topic.num.partitions", "1");
  }

  private static void boundMemory(Properties p) {
    p.setProperty("log.cleaner.dedupe.buffer.size", "2097152");
    p.setProperty("queued.max.requests", "64");
    p.setProperty("queued.max.request.bytes", "33554432");
    p.setProperty("socket.request.max.bytes", "16777216");
    p.setProperty("log.index.size.max.bytes", "1048576");
    p.setProperty("num.network.threads", "2");
    p.setProperty("num.io.threads", "2");
    p.setProperty("background.threads", "2");
  }

  /**
   * After a kill, the old registration blocks the new one until its session ends: 9 s by default.
   * One node has no replica to lag behind, so it may be short; much shorter, and a busy machine
   * would fence its own broker. The log goes to the disk once a second, since no other replica
   * holds what a power loss would take.
   */
  private static void comeBackFast(Properties p) {
    p.setProperty("broker.session.timeout.ms", "3000");
    p.setProperty("broker.heartbeat.interval.ms", "500");
    p.setProperty("group.initial.rebalance.delay.ms", "0");
    p.setProperty("log.flush.interval.ms", "1000");
    p.setProperty("log.flush.scheduler.interval.ms", "1000");
  }
}
