// SPDX-License-Identifier: Apache-2.0
#include "slirp/engine.hh"

#include <fmt/format.h>
#include <glib.h>
#include <libslirp.h>
#include <sys/epoll.h>

#include <cerrno>
#include <functional>

#include "base/error.hh"
#include "slirp/known_holes.hh"
#include "slirp/socket_address.hh"

namespace nsrun::slirp {
namespace {

// The lowest version with all the fields that are set here. A newer library accepts it; from 4.9 on
// the callbacks for descriptors are called otherwise and need version 6.
#if SLIRP_CONFIG_VERSION_MAX >= 6
#define NSRUN_SLIRP_HAS_SOCKET_CALLBACKS 1
constexpr uint32_t kConfigVersion = 6;
#else
#define NSRUN_SLIRP_HAS_SOCKET_CALLBACKS 0
constexpr uint32_t kConfigVersion = 4;
#endif

// What slirp_pollfds_fill() answers when no timer of its own runs: it never says "for ever".
constexpr uint32_t kIdleMilliseconds = 1000;

constexpr base::Duration kComplaintInterval = std::chrono::seconds(10);

uint32_t to_epoll(int events) noexcept {
  uint32_t result = 0;
  if ((events & SLIRP_POLL_IN) != 0) result |= EPOLLIN;
  if ((events & SLIRP_POLL_OUT) != 0) result |= EPOLLOUT;
  if ((events & SLIRP_POLL_PRI) != 0) result |= EPOLLPRI;
  return result;  // epoll(7) reports EPOLLERR and EPOLLHUP unasked
}

int from_epoll(uint32_t events) noexcept {
  int result = 0;
  if ((events & EPOLLIN) != 0) result |= SLIRP_POLL_IN;
  if ((events & EPOLLOUT) != 0) result |= SLIRP_POLL_OUT;
  if ((events & EPOLLPRI) != 0) result |= SLIRP_POLL_PRI;
  if ((events & EPOLLERR) != 0) result |= SLIRP_POLL_ERR;
  if ((events & EPOLLHUP) != 0) result |= SLIRP_POLL_HUP;
  return result;
}

SlirpConfig make_config(const StackConfig& config) {
  SlirpConfig result{};
  result.version = kConfigVersion;
  result.in_enabled = true;
  result.vnetwork = to_in_addr(config.v4.network());
  result.vnetmask = in_addr{htonl(0xffffffffU << (32 - config.v4.length()))};
  result.vhost = to_in_addr(config.gateway_v4);
  result.vdhcp_start = to_in_addr(config.dhcp_start_v4);
  result.vnameserver = to_in_addr(config.dns_v4);
  result.in6_enabled = config.has_v6;
  if (config.has_v6) {
    result.vprefix_addr6 = to_in6_addr(config.v6.network());
    result.vprefix_len = static_cast<uint8_t>(config.v6.length());
    result.vhost6 = to_in6_addr(config.gateway_v6);
    result.vnameserver6 = to_in6_addr(config.dns_v6);
  }
  result.if_mtu = config.packet_bytes;
  result.if_mru = config.packet_bytes;
  result.disable_dns = !config.answers_dns;
  return result;
}

struct StackTimer {
  StackTimer(loop::Loop& loop, std::function<void(base::Time)> on_expiry)
      : timer(loop, std::move(on_expiry)) {}
  loop::Timer timer;
};

}  // namespace

// What libslirp calls. `opaque` is the engine.
struct Callbacks {
  static Engine& engine(void* opaque) noexcept { return *static_cast<Engine*>(opaque); }

  static ssize_t send_packet(const void* bytes, size_t length, void* opaque) noexcept {
    engine(opaque).output_.send_from_stack({static_cast<const std::byte*>(bytes), length});
    return static_cast<ssize_t>(length);
  }
  static void complain(const char* message, void* opaque) noexcept {
    uint64_t suppressed = 0;
    if (!engine(opaque).complaints_.allows(engine(opaque).loop_.now(), suppressed)) return;
    base::log::info("libslirp: {} ({} more not shown)", message, suppressed);
  }
  static void complain_by_glib(const char*, GLogLevelFlags, const char* message,
                               void* opaque) noexcept {
    complain(message, opaque);
  }
  static int64_t clock_get_ns(void* opaque) noexcept {
    return engine(opaque).loop_.now().time_since_epoch().count();
  }

  static void* timer_new(SlirpTimerCb callback, void* argument, void* opaque) noexcept {
    Engine& self = engine(opaque);
    // libslirp makes its timers while it is set up: without memory the program ends, as it should.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new)
    return new StackTimer(self.loop_, [&self, callback, argument](base::Time) {
      self.has_reason_ = true;
      callback(argument);
    });
  }
  static void timer_free(void* timer, void*) noexcept { delete static_cast<StackTimer*>(timer); }
  static void timer_mod(void* timer, int64_t expiry_milliseconds, void*) noexcept {
    static_cast<StackTimer*>(timer)->timer.set(
        base::Time(std::chrono::milliseconds(expiry_milliseconds)));
  }

  // A socket was opened, or is about to be closed.
  static void socket_changes(int fd, void* opaque) noexcept { engine(opaque).sockets_.forget(fd); }
  static void notify(void* opaque) noexcept { engine(opaque).has_reason_ = true; }

  // libslirp calls these two during register_sockets() and settle(). The descriptor is the index.
  static int add_poll(int fd, int events, void* opaque) noexcept {
    return engine(opaque).sockets_.want(fd, to_epoll(events)) ? fd : -1;
  }
  static int get_revents(int index, void* opaque) noexcept {
    return from_epoll(engine(opaque).sockets_.ready(index));
  }

  static void fill(SlirpCb& table) noexcept;
};

void Callbacks::fill(SlirpCb& table) noexcept {
  table.send_packet = send_packet;
  table.guest_error = complain;
  table.clock_get_ns = clock_get_ns;
  table.timer_new = timer_new;
  table.timer_free = timer_free;
  table.timer_mod = timer_mod;
  table.notify = notify;
#if NSRUN_SLIRP_HAS_SOCKET_CALLBACKS
  table.register_poll_socket = socket_changes;
  table.unregister_poll_socket = socket_changes;
#else
  table.register_poll_fd = socket_changes;
  table.unregister_poll_fd = socket_changes;
#endif
}

Engine::Engine(loop::Loop& loop, const StackConfig& config, StackOutput& output)
    : loop_(loop),
      output_(output),
      sockets_(loop),
      timer_(loop, [this](base::Time) { has_reason_ = true; }),
      complaints_(kComplaintInterval),
      callbacks_(std::make_unique<SlirpCb>()) {
  const std::string warning = hole_warning(version(), known_holes());
  if (!warning.empty()) base::log::warning("{}", warning);
  Callbacks::fill(*callbacks_);
  SlirpConfig slirp_config = make_config(config);
  if (config.outbound_v4) {
    outbound_v4_ = to_sockaddr_in({*config.outbound_v4, 0});
    slirp_config.outbound_addr = &outbound_v4_;
  }
  if (config.outbound_v6) {
    outbound_v6_ = to_sockaddr_in6({*config.outbound_v6, 0});
    slirp_config.outbound_addr6 = &outbound_v6_;
  }
  log_handler_ = g_log_set_handler("Slirp", G_LOG_LEVEL_MASK, Callbacks::complain_by_glib, this);
  stack_ = slirp_new(&slirp_config, callbacks_.get(), this);
  if (stack_ == nullptr) {
    g_log_remove_handler("Slirp", log_handler_);
    throw base::Failure(fmt::format("libslirp {} refuses the configuration (MTU {})", version(),
                                    config.packet_bytes));
  }
}

Engine::~Engine() {
  slirp_cleanup(stack_);
  g_log_remove_handler("Slirp", log_handler_);
}

void Engine::input(base::Bytes frame) noexcept {
  update_clock();
  has_reason_ = true;
  slirp_input(stack_, reinterpret_cast<const uint8_t*>(frame.data()),
              static_cast<int>(frame.size()));
}

// libslirp reads its clock only when polled. After a long sleep it would give new sockets a time of
// expiry that has passed; polled with "select failed" it reads the clock and looks at no socket.
void Engine::update_clock() noexcept {
  if (polled_at_ == loop_.now()) return;
  slirp_pollfds_poll(stack_, 1, Callbacks::get_revents, this);
  polled_at_ = loop_.now();
}

void Engine::settle(base::Time now) noexcept {
  if (!has_reason_ && !sockets_.has_ready()) return;
  has_reason_ = false;
  slirp_pollfds_poll(stack_, 0, Callbacks::get_revents, this);
  polled_at_ = now;
  sockets_.clear_ready();
  register_sockets();
}

void Engine::register_sockets() noexcept {
  uint32_t timeout_milliseconds = UINT32_MAX;
  sockets_.begin_wishes();
#if NSRUN_SLIRP_HAS_SOCKET_CALLBACKS
  slirp_pollfds_fill_socket(stack_, &timeout_milliseconds, Callbacks::add_poll, this);
#else
  slirp_pollfds_fill(stack_, &timeout_milliseconds, Callbacks::add_poll, this);
#endif
  sockets_.end_wishes();
  if (timeout_milliseconds >= kIdleMilliseconds) {
    timer_.cancel();
  } else {
    timer_.set(loop_.now() + std::chrono::milliseconds(timeout_milliseconds));
  }
}

std::optional<base::Error> Engine::add_forward(wire::Transport transport,
                                               const wire::Endpoint& host,
                                               const wire::Endpoint& guest) {
  const SocketAddress host_address(host);
  const SocketAddress guest_address(guest);
  const int flags =
      SLIRP_HOSTFWD_V6ONLY | (transport == wire::Transport::kUdp ? SLIRP_HOSTFWD_UDP : 0);
  errno = 0;
  if (slirp_add_hostxfwd(stack_, host_address.get(), host_address.length(), guest_address.get(),
                         guest_address.length(), flags) < 0) {
    return base::Error{base::error_text(errno)};
  }
  register_sockets();
  return std::nullopt;
}

bool Engine::remove_forward(wire::Transport transport, const wire::Endpoint& host) {
  const SocketAddress address(host);
  const int flags = transport == wire::Transport::kUdp ? SLIRP_HOSTFWD_UDP : 0;
  return slirp_remove_hostxfwd(stack_, address.get(), address.length(), flags) == 0;
}

std::string Engine::version() { return slirp_version_string(); }

}  // namespace nsrun::slirp
