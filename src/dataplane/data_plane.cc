// SPDX-License-Identifier: Apache-2.0
#include "dataplane/data_plane.hh"

#include <algorithm>
#include <chrono>
#include <utility>

#include "dataplane/captures.hh"
#include "dataplane/echo_relay.hh"
#include "dataplane/flow_page.hh"
#include "dataplane/frame_io.hh"
#include "dataplane/guest_loopback.hh"
#include "dataplane/host_service.hh"
#include "dataplane/host_socket_service.hh"
#include "dataplane/inside_client.hh"
#include "dataplane/listener_watch.hh"
#include "dataplane/local_clients.hh"
#include "dataplane/published_ports.hh"
#include "dataplane/splice_relay.hh"
#include "dataplane/switch.hh"
#include "dataplane/tcp_relay.hh"
#include "dataplane/udp_relay.hh"
#include "dns/forwarder.hh"
#include "loop/loop.hh"
#include "slirp/engine.hh"

namespace nsrun::dataplane {
namespace {

constexpr base::Duration kFinishInterval = std::chrono::milliseconds(1);

slirp::StackConfig stack_config(const Config& config, bool has_offloads) {
  slirp::StackConfig result;
  result.v4 = config.plan.v4;
  result.gateway_v4 = config.plan.gateway_v4;
  result.dns_v4 = config.plan.dns_v4;
  result.dhcp_start_v4 = config.plan.dhcp_start_v4;
  result.has_v6 = config.plan.has_v6;
  result.v6 = config.plan.v6;
  result.gateway_v6 = config.plan.gateway_v6;
  result.dns_v6 = config.plan.dns_v6;
  result.packet_bytes = has_offloads ? slirp::kLargestPacket : config.mtu;
  result.answers_dns = config.dns;
  result.outbound_v4 = config.outbound_v4;
  result.outbound_v6 = config.outbound_v6;
  return result;
}

TcpRelayConfig tcp_config(const Config& config) {
  TcpRelayConfig result;
  result.plan = config.plan;
  result.mtu = config.mtu;
  result.outbound_v4 = config.outbound_v4;
  result.outbound_v6 = config.outbound_v6;
  return result;
}

UdpRelayConfig udp_config(const Config& config) {
  UdpRelayConfig result;
  result.plan = config.plan;
  result.outbound_v4 = config.outbound_v4;
  result.outbound_v6 = config.outbound_v6;
  return result;
}

std::vector<HostTarget> servers_at(const std::vector<dns::Upstream>& upstreams, uint16_t port) {
  // resolv.conf(5): without a server, the one on this host.
  if (upstreams.empty()) return {{.endpoint = {wire::kLoopbackV4, port}}};
  std::vector<HostTarget> servers;
  for (const dns::Upstream& each : upstreams) {
    servers.push_back({.endpoint = {each.address, port}, .interface = each.interface});
  }
  return servers;
}

}  // namespace

class DataPlane::Impl {
 public:
  Impl(const Config& config, os::Tap tap)
      : has_v6_(config.plan.has_v6),
        dns_port_(config.dns_options.upstream_port),
        switch_(loop_, {config.plan, config.egress, config.dns}, counters_),
        tap_(loop_, std::move(tap), switch_, counters_),
        captures_(loop_, tap_, counters_),
        stack_(loop_, stack_config(config, tap_.has_offloads()), switch_),
        name_server_(loop_, counters_, switch_, config.dns_options),
        echo_(loop_, tap_, config.outbound_v4, config.outbound_v6),
        udp_(loop_, tap_, switch_, counters_, udp_config(config)),
        tcp_(loop_, tap_, switch_, counters_, tcp_config(config)),
        ports_(loop_, config.plan, config.tcp_engine == TcpEngine::kAccelerated ? &tcp_ : nullptr,
               config.splices_local_clients ? &local_clients_ : nullptr, udp_, stack_) {
    switch_.set_tcp_engine(tcp_, config.tcp_engine == TcpEngine::kLibslirp);
    switch_.connect(tap_, stack_, name_server_, echo_);
    switch_.set_udp_engine(udp_);
    switch_.on_guest_v6(
        [this](const wire::IpAddress& address) { ports_.follow_guest_v6(address); });
    if (const auto mac = tap_.device_mac()) switch_.assume_guest_mac(*mac);
    set_dns_upstreams(config.dns_upstreams);
    tcp_.set_other_names([this](const wire::FlowKey& key) { return spliced_.has(key); });
    if (config.publish_loopback) {
      tcp_.set_on_refusal([this](TcpFlow& flow) { take_to_loopback(flow); });
    }
    loop_.set_batch_end([this](base::Time now) { settle(now); });
  }

  loop::Loop& loop() noexcept { return loop_; }
  bool has_v6() const noexcept { return has_v6_; }
  PublishedPorts& ports() noexcept { return ports_; }
  InsideClient& inside() noexcept { return inside_; }
  ProcessClient& outside() noexcept { return outside_; }
  void add_host_service(base::Fd listener, const wire::Endpoint& in_guest,
                        std::vector<wire::Endpoint> targets) {
    host_services_.push_back(std::make_unique<HostPortService>(loop_, spliced_, std::move(listener),
                                                               in_guest, std::move(targets)));
  }
  void add_host_socket(base::Fd listener, const wire::Endpoint& in_guest, uint32_t number) {
    host_services_.push_back(std::make_unique<HostSocketService>(
        loop_, spliced_, outside_, std::move(listener), in_guest, number));
  }
  // Those of --host-port are not the guest's own.
  void follow_listeners(ListenerWatch::OnList on_list) {
    if (host_services_.empty()) return listeners_.start(std::move(on_list));
    listeners_.start([this, on_list = std::move(on_list)](std::vector<wire::Listener> list) {
      std::erase_if(list, [this](const wire::Listener& each) { return is_host_service(each); });
      on_list(list);
    });
  }
  const base::Counters& counters() const noexcept { return counters_; }
  void finish(base::Time latest) {
    finish_by_ = latest;
    look_whether_finished(loop_.now());
  }
  Captures& captures() noexcept { return captures_; }
  wire::FlowPage flows(uint32_t from) const {
    return flow_page(tcp_, udp_, echo_, spliced_, from, loop_.now());
  }
  void set_dns_upstreams(const std::vector<dns::Upstream>& upstreams) {
    tcp_.set_dns_upstreams(servers_at(upstreams, dns_port_));
    name_server_.set_upstreams(upstreams);
  }

 private:
  // The end of a process leaves the last bytes of its sockets, and their ends of stream, in the
  // TAP's queue or in the guest's kernel.
  void look_whether_finished(base::Time now) {
    const uint64_t frames = counters_.get(base::Counter::kFramesFromGuest);
    const bool is_quiet = std::exchange(frames_when_looked_, frames) == frames;
    if ((is_quiet && !tcp_.owes_host() && !spliced_.owes_bytes()) || now >= finish_by_) {
      loop_.stop();
    } else {
      finish_timer_.set(now + kFinishInterval);
    }
  }

  bool is_host_service(const wire::Listener& listener) const noexcept {
    return std::ranges::any_of(host_services_, [&](const auto& service) {
      return listener == wire::Listener{wire::Transport::kTcp, service->in_guest()};
    });
  }

  void take_to_loopback(TcpFlow& flow) noexcept {
    const wire::Endpoint& refused = flow.key().guest;
    if (refused.address == ports_.guest_v4()) {
      loopback_.serve(flow.take_client(), refused, ports_.guest_v6());
    } else if (refused.address == ports_.guest_v6()) {
      loopback_.serve(flow.take_client(), refused, ports_.guest_v4());
    }
  }

  void settle(base::Time now) noexcept {
    tcp_.settle(now);
    udp_.settle(now);
    spliced_.settle();
    stack_.settle(now);
    captures_.settle();
  }

  const bool has_v6_;
  const uint16_t dns_port_;
  base::Counters counters_;
  loop::Loop loop_;
  Switch switch_;
  FrameIo tap_;
  Captures captures_;
  slirp::Engine stack_;
  dns::Forwarder name_server_;
  EchoRelay echo_;
  UdpRelay udp_;
  TcpRelay tcp_;
  InsideClient inside_{loop_};
  ProcessClient outside_{loop_, "outside the sandbox (by which -L reaches Unix sockets)"};
  SpliceRelay spliced_{loop_};
  GuestLoopback loopback_{inside_, spliced_};
  LocalClients local_clients_{inside_, spliced_, tcp_};
  ListenerWatch listeners_{loop_, inside_};
  std::vector<std::unique_ptr<HostService>> host_services_;
  PublishedPorts ports_;
  loop::Timer finish_timer_{loop_, [this](base::Time now) { look_whether_finished(now); }};
  base::Time finish_by_ = base::kNever;
  uint64_t frames_when_looked_ = UINT64_MAX;
};

DataPlane::DataPlane(const Config& config, os::Tap tap)
    : impl_(std::make_unique<Impl>(config, std::move(tap))) {}

DataPlane::~DataPlane() = default;

void DataPlane::run() { impl_->loop().run(); }

void DataPlane::stop() { impl_->loop().stop(); }

void DataPlane::finish(base::Duration patience) {
  post([this, latest = base::now() + patience] { impl_->finish(latest); });
}

void DataPlane::post(std::function<void()> task) { impl_->loop().post(std::move(task)); }

base::Result<rules::PortForward> DataPlane::add_forward(const rules::PortForward& forward,
                                                        base::Fd socket) {
  return impl_->ports().add(forward, std::move(socket));
}

bool DataPlane::remove_forward(const rules::PortForward& forward) {
  return impl_->ports().remove(forward);
}

std::optional<base::Error> DataPlane::publish_unix_socket(base::Fd listener,
                                                          const std::string& path,
                                                          uint16_t guest_port) {
  return impl_->ports().add_unix(std::move(listener), path, guest_port);
}

void DataPlane::add_host_service(base::Fd listener, const wire::Endpoint& in_guest,
                                 std::vector<wire::Endpoint> targets) {
  impl_->add_host_service(std::move(listener), in_guest, std::move(targets));
}

void DataPlane::add_host_socket(base::Fd listener, const wire::Endpoint& in_guest,
                                uint32_t number) {
  impl_->add_host_socket(std::move(listener), in_guest, number);
}

void DataPlane::connect_inside(base::Fd channel) { impl_->inside().connect(std::move(channel)); }

void DataPlane::connect_outside(base::Fd channel) { impl_->outside().connect(std::move(channel)); }

void DataPlane::follow_listeners(std::function<void(const std::vector<wire::Listener>&)> on_list) {
  impl_->follow_listeners(std::move(on_list));
}

bool DataPlane::has_v6() const noexcept { return impl_->has_v6(); }

void DataPlane::set_dns_upstreams(const std::vector<dns::Upstream>& upstreams) {
  impl_->set_dns_upstreams(upstreams);
}

const base::Counters& DataPlane::counters() const noexcept { return impl_->counters(); }

bool DataPlane::start_capture(base::Fd& reader, const rules::CaptureFilter& filter,
                              std::string_view greeting) noexcept {
  return impl_->captures().start(reader, filter, greeting);
}

wire::FlowPage DataPlane::flows(uint32_t from) const { return impl_->flows(from); }

}  // namespace nsrun::dataplane
