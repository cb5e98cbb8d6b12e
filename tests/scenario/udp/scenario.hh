// SPDX-License-Identifier: Apache-2.0
//
// A story about datagrams, in virtual time, with three voices: the guest, whose frames come and go
// by hand; the network that the host is on, packet by packet; and between them the relay, with real
// sockets, and with the few lines of the switch that ask the policy. A local client is a fourth: a
// socket on the host itself.
//
// Whatever the relay sends must be told, in order on either side: guest.hears() and
// network.carries() take one and compare it, and any step fails while one is untold. A failure
// prints the story so far. Every story runs for both families, with and without offloads.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/route.hh"
#include "dataplane/udp_relay.hh"
#include "host_network.hh"
#include "sketch.hh"
#include "support/host_socket.hh"
#include "support/relay_bench.hh"
#include "support/story.hh"

namespace nsrun::dataplane {

using base::Counter;
using namespace std::chrono_literals;

struct Variant {
  bool is_v4;
  bool has_offloads;
};

class Scenario : public testing::TestWithParam<Variant>, protected LinkDirectory {
 public:
  struct Guest {
    Scenario& story;

    // From port 5000 unless the sketch says otherwise.
    void sends(const Sketch& sketch, int line = __builtin_LINE());
    // In one batch: the relay settles once, behind the last.
    void sends_together(std::initializer_list<Sketch> sketches, int line = __builtin_LINE());
    // As sends(), but events of the relay's sockets are not served before.
    void sends_first(const Sketch& sketch, int line = __builtin_LINE());
    void hears(const Sketch& expected, int line = __builtin_LINE());
  };

  struct Network {
    Scenario& story;

    // An error is about the packet that was carried last.
    void delivers(const Sketch& sketch, int line = __builtin_LINE());
    // All are there before the relay looks.
    void delivers_together(std::initializer_list<Sketch> sketches, int line = __builtin_LINE());
    void carries(const Sketch& expected, int line = __builtin_LINE());
    // From now on the host's own link takes no longer packets.
    void narrows_to(unsigned mtu, int line = __builtin_LINE());
  };

  struct Relay {
    Scenario& story;

    void publishes(Place host, uint16_t port, uint16_t guest_port, int line = __builtin_LINE());
    void closes(Place host, uint16_t port, int line = __builtin_LINE());
    void is_silent(int line = __builtin_LINE());
    void has_flows(size_t count, int line = __builtin_LINE());
    // Of those that the relay has opened: one for each mapping and published port.
    void has_sockets(size_t count, int line = __builtin_LINE());
    void counted(Counter counter, uint64_t count, int line = __builtin_LINE());
    // Of so many lines of the log since the last look. Looks at nothing else of them.
    void has_warned(size_t count, const std::string& text, int line = __builtin_LINE());
  };

  // A socket on the host itself, bound to an address of it.
  class Client {
   public:
    Client(Scenario& story, Place place);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    void sends(const std::string& text, Place place, uint16_t port, int line = __builtin_LINE());
    void hears(const std::string& text, Place place, Port& from, int line = __builtin_LINE());
    void hears(const std::string& text, Place place, uint16_t from, int line = __builtin_LINE());
    void leaves(int line = __builtin_LINE());
    // Its own.
    Port port;

   private:
    Scenario& story_;
    std::optional<test::HostSocket> socket_;
  };

 protected:
  Scenario();
  void SetUp() override;
  void TearDown() override;

  void after(base::Duration duration, int line = __builtin_LINE());
  wire::IpAddress address_of(Place place) const;

  UdpRelayConfig settings;
  rules::EgressPolicy policy;  // host loopback is closed unless a story opens it
  Guest guest{*this};
  Network network{*this};
  Relay relay{*this};

 private:
  // What came out, on either side.
  struct Seen {
    Sketch::Kind kind = Sketch::Kind::kDatagram;
    wire::Endpoint source;
    wire::Endpoint destination;
    wire::Endpoint subject;
    std::string text;
    uint16_t run_bytes = 0;
    bool is_fragmentable = false;
    unsigned mtu = 0;
  };
  struct SentPacket {
    test::Frame bytes;
    wire::VirtioNetHeader virtio;  // positions are those in `bytes`
  };

  LinkPair link_for(const wire::IpAddress&, const wire::IpAddress&) const noexcept override {
    return {test::kGuestMac, test::kGatewayMac};
  }

  void give_to_relay(std::initializer_list<Sketch> sketches);
  bool begin_action(const std::string& step, int line);
  bool begin_check(const std::string& step, int line);
  void fail(const std::string& reason) { story_.fail(reason); }
  void judge(bool is_right, const std::string& reason);
  void build_relay();
  void turn();
  // Turns until `is_there`, for a while.
  template <typename Predicate>
  bool comes(Predicate is_there);

  void give_to_host(const Sketch& sketch);
  void look_at_network();
  SentPacket packet_of(const Sketch& sketch, size_t offset) const;
  std::optional<test::Frame> error_packet(const Sketch& sketch) const;
  wire::Endpoint endpoint_of(const Spot& spot) const;
  void compare(Sketch expected, const Seen& seen);
  bool is_at(const std::optional<Spot>& expected, const wire::Endpoint& seen) const;
  static std::optional<Seen> seen_in(const wire::Packet& packet);
  static std::string describe_seen(const Seen& seen);

  std::string missing_;  // why no story can be told here
  size_t descriptors_before_ = 0;
  std::optional<test::HostNetwork> world_;
  std::optional<test::RelayBench<UdpRelay>> bench_;
  size_t descriptors_of_bench_ = 0;
  size_t clients_ = 0;
  std::deque<test::Frame> carried_;  // by the network, and untold
  test::Frame last_carried_;
  test::Story story_;
};

}  // namespace nsrun::dataplane
