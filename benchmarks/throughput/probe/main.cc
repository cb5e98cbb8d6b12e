// SPDX-License-Identifier: Apache-2.0
//
// netns_bench: the part of the throughput benchmark that iperf3 does not measure. Each mode prints
// one line of JSON.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hh"
#include "connect_rate.hh"
#include "echo_server.hh"
#include "idle_connections.hh"
#include "round_trips.hh"
#include "sockets.hh"

namespace nsrun::bench {
namespace {

constexpr std::string_view kUsage =
    "usage: netns_bench serve PORT                          echo TCP and UDP\n"
    "       netns_bench rtt tcp|udp ADDRESS PORT SECONDS    round trips of one byte\n"
    "       netns_bench connect ADDRESS PORT SECONDS COUNT  connect, echo a byte, close; COUNT at\n"
    "                                                       once\n"
    "       netns_bench hold ADDRESS PORT COUNT             idle connections until stdin ends\n";

using Arguments = std::vector<std::string>;

template <typename Integer>
Integer parse_number(const std::string& text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw base::Failure("not a number in range: " + text);
  }
  return value;
}

sockaddr_in parse_server(const std::string& address, const std::string& port) {
  return ipv4_endpoint(address, parse_number<uint16_t>(port));
}

template <typename... Values>
void print_line(fmt::format_string<Values...> text, Values&&... values) {
  fmt::print(text, std::forward<Values>(values)...);
  std::fflush(stdout);
}

void serve(const std::string& port) {
  EchoServer server(parse_number<uint16_t>(port));
  print_line("{{\"ready\": true}}\n");
  server.run();
}

void measure_rtt(const std::string& protocol, const sockaddr_in& server, base::Duration duration) {
  const bool is_udp = protocol == "udp";
  const base::Fd socket = is_udp ? connect_udp(server) : connect_tcp(server, Blocking::kYes);
  set_receive_timeout(socket, is_udp ? std::chrono::milliseconds(100) : std::chrono::seconds(5));
  const RoundTrips result = measure_round_trips(socket, is_udp, duration);
  print_line(
      "{{\"per_second\": {:.1f}, \"p50_us\": {:.1f}, \"p99_us\": {:.1f}, \"count\": {}, "
      "\"lost\": {}}}\n",
      result.per_second, result.median_us, result.p99_us, result.count, result.lost);
}

void measure_connects(const sockaddr_in& server, base::Duration duration, unsigned at_once) {
  const ConnectRate rate = ConnectRateProbe(server).measure(at_once, duration);
  print_line("{{\"per_second\": {:.1f}, \"completed\": {}, \"failed\": {}}}\n", rate.per_second,
             rate.completed, rate.failed);
}

void hold(const sockaddr_in& server, unsigned count) {
  const std::vector<base::Fd> connections = open_idle_connections(server, count);
  print_line("{{\"open\": {}}}\n", connections.size());
  char ignored;
  while (::read(STDIN_FILENO, &ignored, 1) > 0) {
  }
}

bool run(const Arguments& arguments) {
  const std::string mode = arguments.empty() ? "" : arguments[0];
  const auto seconds = [&](size_t index) {
    return std::chrono::seconds(parse_number<unsigned>(arguments[index]));
  };
  if (mode == "serve" && arguments.size() == 2) {
    serve(arguments[1]);
  } else if (mode == "rtt" && arguments.size() == 5) {
    measure_rtt(arguments[1], parse_server(arguments[2], arguments[3]), seconds(4));
  } else if (mode == "connect" && arguments.size() == 5) {
    measure_connects(parse_server(arguments[1], arguments[2]), seconds(3),
                     parse_number<unsigned>(arguments[4]));
  } else if (mode == "hold" && arguments.size() == 4) {
    hold(parse_server(arguments[1], arguments[2]), parse_number<unsigned>(arguments[3]));
  } else {
    return false;
  }
  return true;
}

}  // namespace
}  // namespace nsrun::bench

int main(int argc, char** argv) {
  try {
    if (nsrun::bench::run({argv + 1, argv + argc})) return 0;
    fmt::print(stderr, "{}", nsrun::bench::kUsage);
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "netns_bench: {}\n", error.what());
    return 1;
  }
}
