// SPDX-License-Identifier: Apache-2.0
//
// Two engines back to back over a link that loses, repeats, delays and reorders, in virtual time
// and from one seed: the same seed is the same run. Each end stands for a guest to the other; its
// host is a stream of known bytes, read and written at a random pace.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tcp/connection.hh"

namespace nsrun::tcp {

using namespace std::chrono_literals;

struct LinkProfile {
  const char* name;
  double loss = 0;
  double repeat = 0;
  base::Duration delay = 50us;
  double overtake = 0;           // the part of the segments that others pass...
  base::Duration detour = 50us;  // ...because they take up to so much longer
  bool has_offload = true;       // segments arrive as large as they were sent
  bool is_slow_host = false;     // takes a part, or nothing for a while
  bool is_simultaneous = false;
  uint32_t most_bytes = 1 << 20;  // of each stream
  Settings settings = {};
};

struct RunReport {
  std::string trouble;  // empty: everything arrived, and both ends are closed
  uint64_t stream_bytes = 0;
  uint64_t wire_bytes = 0;
  base::Duration took{};
};

class VirtualLink {
 public:
  VirtualLink(const LinkProfile& profile, uint32_t seed);

  RunReport run();

 private:
  struct Buffer {
    Chunk chunk;
    std::vector<std::byte> bytes;
  };
  struct Packet {
    Segment segment;
    std::vector<std::byte> payload;
  };
  struct End final : Output {
    End(VirtualLink& owner, int which) noexcept : link(owner), index(which) {}
    void transmit(const Segment& segment, uint16_t mss) noexcept override;

    VirtualLink& link;
    int index;
    std::unique_ptr<Connection> connection;
    std::map<Chunk*, std::unique_ptr<Buffer>> buffers;
    uint64_t to_send = 0;
    uint64_t sent = 0;
    uint64_t received = 0;
    uint32_t room = 0;
    bool is_finished = false;  // the other side's end has been seen
    base::Time next_host_turn;
  };

  bool is_likely(double probability);
  uint64_t random_up_to(uint64_t most);
  base::Time next_event() const;
  void deliver_due(End& end);
  base::Bytes deliver(End& end, const Packet& packet);
  void take(End& end, const std::vector<std::byte>& offered);
  void host_turn(End& end);
  void pump(End& end);
  void send_chunk(End& end);
  void recycle(End& end);
  void post(int to, const Segment& segment, base::Bytes payload);
  bool is_over() const;
  void complain(const std::string& trouble);

  LinkProfile profile_;
  std::mt19937_64 random_;
  base::Time now_;
  base::Time began_;
  std::multimap<base::Time, Packet> under_way_[2];
  base::Time line_is_free_[2];
  End ends_[2];
  RunReport report_;
};

}  // namespace nsrun::tcp
