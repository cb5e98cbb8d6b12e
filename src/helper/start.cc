// SPDX-License-Identifier: Apache-2.0
#include "helper/start.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <list>
#include <optional>
#include <utility>

#include "base/error.hh"
#include "base/log.hh"
#include "control/control_socket.hh"
#include "control/main_context.hh"
#include "control/path_socket.hh"
#include "control/server.hh"
#include "dataplane/data_plane.hh"
#include "forward/registry.hh"
#include "helper/api_commands.hh"
#include "helper/bess_peer.hh"
#include "helper/data_plane_thread.hh"
#include "helper/host_ports.hh"
#include "helper/inside.hh"
#include "helper/launcher_link.hh"
#include "helper/launcher_reports.hh"
#include "helper/news_reader.hh"
#include "helper/outbound_address.hh"
#include "helper/outside.hh"
#include "helper/publishing.hh"
#include "helper/resolv_conf_file.hh"
#include "helper/supervision.hh"
#include "helper/system_calls.hh"
#include "helper/target_tap.hh"
#include "helper/unix_ports.hh"
#include "os/passed_sockets.hh"
#include "os/process.hh"
#include "sandbox/limits.hh"
#include "sandbox/lock_down.hh"

namespace nsrun::helper {
namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";

// A caller may have closed 0, 1 or 2. Another descriptor with such a number would get our messages.
void fill_standard_streams() {
  int number = 0;
  while (number >= 0 && number <= STDERR_FILENO) number = open("/dev/null", O_RDWR);
  if (number > STDERR_FILENO) close(number);
}

// A descriptor that the caller named. It is the caller's word that it is open.
base::Fd adopt(const char* option, int number) {
  if (fcntl(number, F_GETFD) < 0) {
    throw base::SystemError(fmt::format("{} {}", option, number), errno);
  }
  return base::Fd(number);
}

base::Fd adopt(const char* option, const std::optional<int>& number) {
  return number ? adopt(option, *number) : base::Fd();
}

// What the caller passed on purpose.
struct PassedFds {
  explicit PassedFds(const Options& options)
      : exit(adopt("--exit-fd", options.exit_fd)), ready(adopt("--ready-fd", options.ready_fd)) {
    if (const auto* tap = std::get_if<TargetTapFd>(&options.target)) {
      target = adopt("tapfd", tap->number);
    } else if (const auto* launcher = std::get_if<TargetLauncher>(&options.target)) {
      target = adopt("--launcher-fd", launcher->socket_number);
    }
    std::vector<int> kept{exit.number(), ready.number(), target.number()};
    for (const rules::ListenRule& rule : options.listen) {
      kept.push_back(rule.number);
      const auto error = sockets.add(adopt("--listen-fd", rule.number), rule.guest_port);
      if (error)
        throw base::Failure(fmt::format("--listen-fd {}: {}", rule.number, error->message));
    }
    os::close_fds_except(kept);
  }

  base::Fd exit;
  base::Fd ready;
  base::Fd target;
  os::PassedSockets sockets;
};

// Before anything else is asked about the process, so that its number stays its own. Empty for
// other targets.
base::Fd hold_target(const Target& target) {
  const auto* process = std::get_if<TargetProcess>(&target);
  if (process == nullptr) return {};
  try {
    return os::open_pidfd(process->pid);
  } catch (const base::SystemError& error) {
    throw base::SystemError(fmt::format("find the process {}", process->pid), error.error_number());
  }
}

os::Tap obtain_tap(const Options& options, PassedFds& passed, std::optional<LauncherLink>& link) {
  if (link) return link->receive_tap();
  if (std::holds_alternative<TargetTapFd>(options.target)) {
    return os::adopt_tap(std::move(passed.target));
  }
  if (const auto* bess = std::get_if<TargetBess>(&options.target)) {
    return accept_bess_peer(bess->path, passed.exit);
  }
  return open_target_tap(options);
}

sandbox::Missing missing_stages(const Options& options) {
  return options.may_lack_stages ? sandbox::Missing::kIsAllowed : sandbox::Missing::kIsAnError;
}

// Nothing of what engines ask for needs it; ports of netns-run may come at any time.
bool needs_inside(const Options& options) {
  return std::holds_alternative<TargetLauncher>(options.target) || options.publish_loopback ||
         options.splices_local_clients || !options.host_ports.empty() ||
         !options.host_sockets.empty();
}

Inside start_inside(const Options& options, base::FdView guest_user_namespace, base::FdView tap) {
  if (!needs_inside(options)) return {};
  return Inside::start(guest_user_namespace, tap,
                       {.missing = missing_stages(options),
                        .lists_listeners = !options.publish_auto.empty(),
                        .admits_foreign_sources = options.splices_local_clients});
}

// The host's file, unless the caller has named the servers.
std::optional<ResolvConfFile> followed_resolv_conf(const Options& options) {
  if (!options.dns_servers.empty()) return std::nullopt;
  return ResolvConfFile(kResolvConf);
}

dataplane::Config to_config(const Options& options,
                            const std::optional<ResolvConfFile>& resolv_conf) {
  dataplane::Config config;
  config.plan = options.plan;
  config.egress = {.allow_host_loopback = options.allow_host_loopback,
                   .allow_link_local = options.allow_link_local};
  config.mtu = options.mtu;
  config.publish_loopback = options.publish_loopback;
  config.splices_local_clients = options.splices_local_clients;
  config.tcp_engine = options.tcp_engine;
  config.dns = options.has_dns;
  config.dns_upstreams.assign(options.dns_servers.begin(), options.dns_servers.end());
  if (resolv_conf) config.dns_upstreams = resolv_conf->read();
  config.outbound_v4 = resolve_outbound(options.outbound_address, Family::kV4);
  config.outbound_v6 = resolve_outbound(options.outbound_address_v6, Family::kV6);
  return config;
}

OutsideTask outside_task(const Options& options, const std::optional<ResolvConfFile>& resolv_conf,
                         const std::optional<control::PathSocket>& api_socket,
                         const std::list<control::PathSocket>& unix_ports) {
  OutsideTask task{.resolv_conf = resolv_conf};
  if (const auto* path = std::get_if<TargetPath>(&options.target)) task.target_path = path->network;
  if (api_socket) task.socket_files.push_back(api_socket->file());
  for (const control::PathSocket& port : unix_ports) task.socket_files.push_back(port.file());
  for (const rules::UnixRule& rule : options.host_sockets) task.host_sockets.push_back(rule.path);
  task.missing = missing_stages(options);
  return task;
}

// A helper that follows a dead one serves all the same when somebody has taken the name meanwhile.
std::optional<control::ControlSocket> open_control_socket(const Options& options,
                                                          bool is_first_helper) {
  if (!options.instance) return std::nullopt;
  const std::string& name = options.instance->name;
  try {
    if (name.empty()) return control::ControlSocket::with_free_name(getppid());
    return control::ControlSocket(name);
  } catch (const std::exception& error) {
    if (is_first_helper) throw;
    base::log::warning("going on without a control socket: {}", error.what());
    return std::nullopt;
  }
}

control::InstanceInfo instance_info(const Options& options,
                                    const std::optional<control::ControlSocket>& socket) {
  control::InstanceInfo info{options.instance.value_or(Instance{}),
                             options.instance ? getppid() : getpid()};
  if (socket) info.instance.name = socket->instance_name();
  return info;
}

void lock_down(const Options& options, base::FdView guest_user_namespace) {
  const std::vector<base::SystemCall> allowed = helper_calls();
  std::vector<sandbox::Stage> stages = sandbox::isolation_stages(guest_user_namespace);
  // Ports below 1024 can be added while running.
  std::ranges::move(sandbox::renunciation_stages(allowed, CAP_NET_BIND_SERVICE),
                    std::back_inserter(stages));
  const auto left_out = sandbox::apply_stages(stages, missing_stages(options));
  if (!options.may_lack_stages) return;
  base::log::warning("--no-sandbox: {}",
                     left_out.empty()
                         ? "this host forbids no stage, all are in force"
                         : fmt::format("going on without {}", fmt::join(left_out, ", without ")));
}

// "1", then the end of the pipe: how slirp4netns' callers learn that they may go on.
void say_ready(base::Fd ready) {
  if (!ready.is_open()) return;
  base::check("write to the ready descriptor", write(ready.number(), "1", 1));
}

int start(const Options& options, PassedFds& passed, std::optional<LauncherLink>& link) {
  sandbox::raise_descriptor_limit();
  const base::Fd target_process = hold_target(options.target);
  const auto resolv_conf = followed_resolv_conf(options);
  os::Tap tap = obtain_tap(options, passed, link);
  base::Fd guest_user_namespace = open_guest_user_namespace(options.target, tap.fd);
  // Outlives the data plane, whose end of the channel tells it to end.
  Inside inside = start_inside(options, guest_user_namespace, tap.fd);
  dataplane::DataPlane data_plane(to_config(options, resolv_conf), std::move(tap));
  const bool is_first_helper = !link || !link->inherited();
  const TakenPort taken = is_first_helper ? TakenPort::kIsAnError : TakenPort::kIsLeftOut;
  open_host_ports(options.host_ports, inside, data_plane, taken);
  open_host_sockets(options.host_sockets, inside, data_plane, taken);
  forward::Registry registry(data_plane);
  publish(registry, options, passed.sockets, link);

  control::MainContext context;
  Supervision supervision(context);
  if (passed.exit.is_open()) supervision.end_on_hang_up(passed.exit, "exit descriptor closed");
  if (link) supervision.end_on_hang_up(link->fd(), "launcher ended");
  if (target_process.is_open()) supervision.end_on_readable(target_process, "target ended");
  // Until the process outside knows which files are to be removed.
  std::optional<os::ParentsEndHeld> held(std::in_place);
  const auto unix_ports = open_unix_ports(options.publish_unix, data_plane, taken);
  const auto control_socket = open_control_socket(options, is_first_helper);
  std::optional<LauncherReports> reports;
  if (link) reports.emplace(context, link->fd());
  ApiCommands commands(context, data_plane, registry, instance_info(options, control_socket),
                       [&](const ForwardChange& change) {
                         if (reports) reports->report(change);
                       });
  // `link` is there: options say so.
  const auto automatic =
      options.publish_auto.empty()
          ? nullptr
          : publish_automatically(options, data_plane, registry, context, *link, *reports);
  std::optional<control::PathSocket> api_socket;
  if (!options.api_socket.empty()) api_socket.emplace(options.api_socket);
  std::optional<control::Server> api;
  if (api_socket) api.emplace(context, api_socket->fd(), control::Clients::kAll, commands);
  std::optional<control::Server> control;
  if (control_socket) {
    control.emplace(context, control_socket->fd(), control::Clients::kOwnUser, commands);
  }

  Outside outside = Outside::start(outside_task(options, resolv_conf, api_socket, unix_ports));
  held.reset();
  if (base::Fd channel = inside.take_channel(); channel.is_open()) {
    data_plane.connect_inside(std::move(channel));
  }
  outside.wait_for_lock_down();
  if (base::Fd requests = outside.take_requests(); requests.is_open()) {
    data_plane.connect_outside(std::move(requests));
  }

  lock_down(options, std::exchange(guest_user_namespace, {}));
  DataPlaneThread thread(data_plane, [&] {
    context.post([&] { supervision.end(EXIT_FAILURE, "data plane ended"); });
  });
  const NewsReader news(context, outside, data_plane, supervision,
                        std::holds_alternative<TargetPath>(options.target));
  if (link) link->say_ready();
  say_ready(std::move(passed.ready));
  const int status = supervision.run();
  // With netns-run the command has ended; an engine may end us while its container still runs.
  if (link) thread.finish();
  return status;
}

}  // namespace

int run(const Options& options) {
  // A caller that reads our messages may end before us.
  std::signal(SIGPIPE, SIG_IGN);
  fill_standard_streams();
  PassedFds passed(options);
  std::optional<LauncherLink> link;
  if (std::holds_alternative<TargetLauncher>(options.target))
    link.emplace(std::move(passed.target));
  try {
    return start(options, passed, link);
  } catch (const std::exception& error) {
    if (!link) throw;
    link->say_failed(error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace nsrun::helper
