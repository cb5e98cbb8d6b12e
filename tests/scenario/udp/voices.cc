// SPDX-License-Identifier: Apache-2.0
//
// What the guest, the network, the relay and local clients may say in a story.
#include <fmt/format.h>

#include <algorithm>

#include "scenario.hh"

namespace nsrun::dataplane {
namespace {

std::string describe_all(std::initializer_list<Sketch> sketches) {
  std::string text;
  for (const Sketch& sketch : sketches) text += (text.empty() ? "" : ", ") + describe(sketch);
  return text;
}

}  // namespace

// ---- guest --------------------------------------------------------------------------------------

void Scenario::Guest::sends(const Sketch& sketch, int line) { sends_together({sketch}, line); }

void Scenario::Guest::sends_together(std::initializer_list<Sketch> sketches, int line) {
  if (!story.begin_action("guest sends " + describe_all(sketches), line)) return;
  story.give_to_relay(sketches);
}

void Scenario::Guest::sends_first(const Sketch& sketch, int line) {
  if (story.begin_check("guest sends first " + describe(sketch), line)) {
    story.give_to_relay({sketch});
  }
}

void Scenario::Guest::hears(const Sketch& expected, int line) {
  if (!story.begin_check("guest hears " + describe(expected), line)) return;
  auto& frames = story.bench_->sink.frames;
  if (!story.comes([&] { return !frames.empty(); })) return story.fail("it hears nothing");
  const test::NotedFrame frame = std::move(frames.front());
  frames.pop_front();
  auto seen = seen_in(frame.packet());
  if (!seen) return story.fail("it hears something else: " + test::describe_frame(frame.bytes));
  seen->run_bytes = frame.virtio.gso_size;
  story.compare(expected, *seen);
}

// ---- network ------------------------------------------------------------------------------------

void Scenario::Network::delivers(const Sketch& sketch, int line) {
  delivers_together({sketch}, line);
}

void Scenario::Network::delivers_together(std::initializer_list<Sketch> sketches, int line) {
  if (!story.begin_action("network delivers " + describe_all(sketches), line)) return;
  for (const Sketch& sketch : sketches) story.give_to_host(sketch);
}

void Scenario::Network::carries(const Sketch& expected, int line) {
  if (!story.begin_check("network carries " + describe(expected), line)) return;
  if (!story.comes([&] { return !story.carried_.empty(); })) {
    return story.fail("it carries nothing");
  }
  story.last_carried_ = std::move(story.carried_.front());
  story.carried_.pop_front();
  story.compare(expected, seen_in(wire::parse_ip(story.last_carried_).packet).value());
}

void Scenario::Network::narrows_to(unsigned mtu, int line) {
  if (!story.begin_action(fmt::format("network narrows to {} bytes", mtu), line)) return;
  story.world_->set_mtu(mtu);
}

// ---- relay --------------------------------------------------------------------------------------

void Scenario::Relay::publishes(Place host, uint16_t port, uint16_t guest_port, int line) {
  const wire::Endpoint at{story.address_of(host), port};
  if (!story.begin_action(fmt::format("relay publishes {} at {}", guest_port, at), line)) return;
  const auto error =
      story.bench_->relay->open_port(at, {story.address_of(Place::kGuest), guest_port});
  if (error) story.fail(error->message);
}

void Scenario::Relay::closes(Place host, uint16_t port, int line) {
  const wire::Endpoint at{story.address_of(host), port};
  if (!story.begin_action(fmt::format("relay closes {}", at), line)) return;
  story.judge(story.bench_->relay->close_port(at), "there is no such port");
}

void Scenario::Relay::is_silent(int line) {
  if (!story.begin_check("relay is silent", line)) return;
  story.turn();
  for (const test::NotedFrame& frame : story.bench_->sink.frames) {
    story.fail("to the guest went " + test::describe_frame(frame.bytes));
  }
  for (const test::Frame& packet : story.carried_) {
    story.fail("to the network went " + describe_seen(*seen_in(wire::parse_ip(packet).packet)));
  }
}

void Scenario::Relay::has_flows(size_t count, int line) {
  if (!story.begin_check(fmt::format("relay has {} flows", count), line)) return;
  const size_t found = story.bench_->relay->flow_count();
  story.judge(found == count, fmt::format("it has {}", found));
}

void Scenario::Relay::has_sockets(size_t count, int line) {
  if (!story.begin_check(fmt::format("relay has {} sockets", count), line)) return;
  const size_t found = test::open_descriptors() - story.descriptors_before_ -
                       story.descriptors_of_bench_ - story.clients_;
  story.judge(found == count, fmt::format("it has {}", found));
}

void Scenario::Relay::counted(Counter counter, uint64_t count, int line) {
  if (!story.begin_check(fmt::format("relay counted {} {}", count, counter_name(counter)), line)) {
    return;
  }
  story.comes([&] { return story.bench_->counters.get(counter) >= count; });
  const uint64_t found = story.bench_->counters.get(counter);
  story.judge(found == count, fmt::format("it counted {}", found));
}

void Scenario::Relay::has_warned(size_t count, const std::string& text, int line) {
  if (!story.begin_check(fmt::format("relay has warned {} times of \"{}\"", count, text), line)) {
    return;
  }
  const std::string log = testing::internal::GetCapturedStderr();
  testing::internal::CaptureStderr();
  size_t found = 0;
  for (size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++found;
  story.judge(found == count, fmt::format("the log is:\n{}", log));
}

// ---- local clients ------------------------------------------------------------------------------

Scenario::Client::Client(Scenario& story, Place place) : story_(story) {
  socket_ = test::HostSocket::bound(wire::Transport::kUdp, story.address_of(place));
  port.number = socket_->port();
  ++story.clients_;
}

Scenario::Client::~Client() {
  if (socket_) --story_.clients_;
}

void Scenario::Client::sends(const std::string& text, Place place, uint16_t to_port, int line) {
  const wire::Endpoint to{story_.address_of(place), to_port};
  if (!story_.begin_action(fmt::format("client sends \"{}\" to {}", text, to), line)) return;
  const os::SocketAddress address = os::SocketAddress::from(to);
  base::check("send", ::sendto(socket_->number(), text.data(), text.size(), 0, address.get(),
                               address.length));
}

void Scenario::Client::hears(const std::string& text, Place place, uint16_t from, int line) {
  Port known{from};
  hears(text, place, known, line);
}

void Scenario::Client::hears(const std::string& text, Place place, Port& from, int line) {
  const Spot spot{place, 0, &from};
  if (!story_.begin_check(fmt::format("client hears \"{}\"", text), line)) return;
  os::SocketAddress sender;
  sender.length = sizeof sender.storage;
  std::string got(2000, '\0');
  got.resize(static_cast<size_t>(base::check(
      "receive",
      ::recvfrom(socket_->number(), got.data(), got.size(), 0, sender.get(), &sender.length))));
  story_.judge(got == text && story_.is_at(spot, sender.to_endpoint()),
               fmt::format("it hears \"{}\" from {}", got, sender.to_endpoint()));
}

void Scenario::Client::leaves(int line) {
  if (!story_.begin_action("client leaves", line)) return;
  socket_.reset();
  --story_.clients_;
}

}  // namespace nsrun::dataplane
