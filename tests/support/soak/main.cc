// SPDX-License-Identifier: Apache-2.0
//
// soak_peer server ADDRESS PORT
// soak_peer client ADDRESS PORT SEED FLOWS_AT_ONCE TOTAL_BYTES MOST_BYTES_PER_SIDE
//
// Many flows at once through whatever lies between: random sizes, pauses, half-closes and resets,
// every byte compared with what the seed says. The client ends when flows for TOTAL_BYTES have been
// opened and all are over. Its last lines are the sums of both ends; its status is 1 when anything
// was wrong at either. Pauses are left out with MOST_BYTES_PER_SIDE negative.
#include <fmt/format.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hh"
#include "crowd.hh"

namespace nsrun::soak {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  Address(const char* host, const char* port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host, port, &hints, &found); error != 0) {
      throw base::Failure(fmt::format("{} {}: {}", host, port, gai_strerror(error)));
    }
    std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
    length = found->ai_addrlen;
    freeaddrinfo(found);
  }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

// --- server ---

class Server {
 public:
  explicit Server(const Address& address)
      : listener_(base::check("make a socket",
                              socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0))) {
    const int on = 1;
    setsockopt(listener_.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    base::check("bind", bind(listener_.number(), address.get(), address.length));
    base::check("listen", listen(listener_.number(), SOMAXCONN));
    crowd_.watch(listener_, [this] { accept_all(); });
    fmt::print("listening\n");
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    while (true) {
      crowd_.run_once();
      if (report_.is_open() && crowd_.size() == 0 && greeting_.empty()) say_report();
    }
  }

 private:
  void accept_all() {
    while (true) {
      base::Fd client(accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK));
      if (!client.is_open()) return;
      const int number = client.number();
      greeting_[number] = std::move(client);
      crowd_.watch(base::FdView(number), [this, number] { greet(number); });
    }
  }

  void greet(int number) {
    Greeting greeting;
    // One segment: a peer that cuts 24 bytes in two is not expected, only one that is gone.
    const ssize_t count = recv(number, &greeting, sizeof greeting, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    crowd_.forget(base::FdView(number));
    base::Fd client = std::move(greeting_.at(number));
    greeting_.erase(number);
    if (count != sizeof greeting) {
      ++ended_before_greeting_;
    } else if (greeting.is_report != 0) {
      report_ = std::move(client);
    } else {
      const Limits limits{greeting.most_bytes, greeting.has_pauses != 0};
      crowd_.add(std::make_unique<Flow>(std::move(client), Side::kServer, greeting.flow_seed,
                                        limits, base::now()));
    }
  }

  void say_report() {
    const std::string text = fmt::format("server: {} ended_before_greeting {}\n",
                                         crowd_.sums().text(), ended_before_greeting_);
    base::check("report", send(report_.number(), text.data(), text.size(), MSG_NOSIGNAL));
    report_.close();
  }

  base::Fd listener_;
  Crowd crowd_;
  std::unordered_map<int, base::Fd> greeting_;
  uint64_t ended_before_greeting_ = 0;
  base::Fd report_;
};

// --- client ---

struct Order {
  uint64_t seed;
  size_t flows_at_once;
  uint64_t total_bytes;
  Limits limits;
};

class Client {
 public:
  Client(const Address& address, const Order& order) : address_(address), order_(order) {}

  int run() {
    uint64_t ordered_bytes = 0;
    while (ordered_bytes < order_.total_bytes || crowd_.size() > 0) {
      while (ordered_bytes < order_.total_bytes && crowd_.size() < order_.flows_at_once) {
        const uint64_t seed = mix(order_.seed + opened_++);
        const Plan plan(seed, order_.limits.most_bytes);
        open(seed);
        ordered_bytes += plan.bytes[0] + plan.bytes[1] + 1;
      }
      crowd_.run_once();
    }
    fmt::print("client: {} opened {}\n", crowd_.sums().text(), opened_);
    const std::string report = ask_for_report();
    fmt::print("{}", report);
    const bool is_right = crowd_.sums().wrong == 0 && report.find(" wrong 0 ") != std::string::npos;
    return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  base::Fd connected() const {
    base::Fd socket(base::check(
        "make a socket", ::socket(address_.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    base::check("connect", connect(socket.number(), address_.get(), address_.length));
    return socket;
  }

  void greet(base::FdView socket, const Greeting& greeting) const {
    base::check("greet", send(socket.number(), &greeting, sizeof greeting, MSG_NOSIGNAL));
  }

  void open(uint64_t seed) {
    base::Fd socket = connected();
    greet(socket, {seed, order_.limits.most_bytes, order_.limits.has_pauses, 0});
    crowd_.add(
        std::make_unique<Flow>(std::move(socket), Side::kClient, seed, order_.limits, base::now()));
  }

  std::string ask_for_report() const {
    const base::Fd socket = connected();
    greet(socket, {0, 0, 0, 1});
    std::array<char, 512> text;
    const ssize_t count = recv(socket.number(), text.data(), text.size(), MSG_WAITALL);
    return {text.data(), static_cast<size_t>(base::check("receive the report", count))};
  }

  Address address_;
  Order order_;
  Crowd crowd_;
  uint64_t opened_ = 0;
};

void raise_descriptor_limit() {
  rlimit limit{};
  base::check("read the limit of open files", getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  base::check("raise the limit of open files", setrlimit(RLIMIT_NOFILE, &limit));
}

int run(const std::vector<std::string>& words) {
  raise_descriptor_limit();
  if (words.size() == 3 && words[0] == "server") {
    Server(Address(words[1].c_str(), words[2].c_str())).run();
  }
  if (words.size() == 7 && words[0] == "client") {
    const int64_t most = std::stoll(words[6]);
    const Order order{std::stoull(words[3]),
                      std::stoull(words[4]),
                      std::stoull(words[5]),
                      {static_cast<uint64_t>(std::abs(most)), most > 0}};
    return Client(Address(words[1].c_str(), words[2].c_str()), order).run();
  }
  throw base::Failure("see the top of main.cc for the arguments");
}

}  // namespace
}  // namespace nsrun::soak

int main(int argc, char** argv) {
  try {
    return nsrun::soak::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "soak_peer: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
