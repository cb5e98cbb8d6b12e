// SPDX-License-Identifier: Apache-2.0
#include "scope/scope.hh"

#include <fmt/format.h>
#include <gio/gio.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "base/error.hh"

namespace nsrun::scope {
namespace {

constexpr const char* kName = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr int kPatienceMilliseconds = 25'000;  // as D-Bus has it by itself

struct Unref {
  void operator()(GDBusConnection* connection) const noexcept { g_object_unref(connection); }
  void operator()(GVariant* variant) const noexcept { g_variant_unref(variant); }
};
using Connection = std::unique_ptr<GDBusConnection, Unref>;
using Variant = std::unique_ptr<GVariant, Unref>;

// A GError as ours.
class Error {
 public:
  Error() = default;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error() { g_clear_error(&error_); }
  GError** out() noexcept { return &error_; }

  [[noreturn]] void raise(const char* attempted) {
    g_dbus_error_strip_remote_error(error_);
    throw base::Failure(fmt::format("{}: {}", attempted, error_->message));
  }

 private:
  GError* error_ = nullptr;
};

Connection connect(const std::string& address) {
  Error error;
  constexpr auto kFlags =
      static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION);
  Connection connection(g_dbus_connection_new_for_address_sync(address.c_str(), kFlags, nullptr,
                                                               nullptr, error.out()));
  if (!connection) error.raise("connect to the bus of systemd");
  g_dbus_connection_set_exit_on_close(connection.get(), FALSE);
  return connection;
}

Variant call(const Connection& connection, const char* interface, const char* method,
             GVariant* arguments, const char* answer_type) {
  Error error;
  Variant answer(g_dbus_connection_call_sync(
      connection.get(), kName, kPath, interface, method, arguments, G_VARIANT_TYPE(answer_type),
      G_DBUS_CALL_FLAGS_NONE, kPatienceMilliseconds, nullptr, error.out()));
  if (!answer) error.raise("ask systemd for the limits");
  return answer;
}

GVariant* scope_arguments(const std::string& unit, pid_t process,
                          const std::vector<Property>& limits) {
  GVariantBuilder properties;
  g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
  const auto add = [&](const char* name, GVariant* value) {
    g_variant_builder_add(&properties, "(sv)", name, value);
  };
  const auto processes = static_cast<guint32>(process);
  add("Description", g_variant_new_string("a command of netns-run"));
  add("PIDs", g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, &processes, 1, sizeof processes));
  add("CollectMode", g_variant_new_string("inactive-or-failed"));
  for (const Property& limit : limits) {
    add(limit.name.c_str(), g_variant_new_uint64(limit.value));
  }
  return g_variant_new("(ssa(sv)a(sa(sv)))", unit.c_str(), "fail", &properties, nullptr);
}

// How systemd's jobs ended. They are told by a signal, which may come before the job's name.
class JobResults {
 public:
  explicit JobResults(const Connection& connection) {
    g_dbus_connection_signal_subscribe(connection.get(), kName, kManager, "JobRemoved", kPath,
                                       nullptr, G_DBUS_SIGNAL_FLAGS_NONE, note, this, nullptr);
  }
  JobResults(const JobResults&) = delete;
  JobResults& operator=(const JobResults&) = delete;

  std::string wait_for(const std::string& job) {
    bool is_over = false;
    const guint timer = g_timeout_add(kPatienceMilliseconds, expire, &is_over);
    while (!results_.contains(job) && !is_over) g_main_context_iteration(nullptr, TRUE);
    if (is_over) return "no answer";
    g_source_remove(timer);
    return results_[job];
  }

 private:
  static void note(GDBusConnection*, const char*, const char*, const char*, const char*,
                   GVariant* arguments, gpointer self) {
    guint32 id = 0;
    const char* job = nullptr;
    const char* unit = nullptr;
    const char* result = nullptr;
    if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(uoss)"))) return;
    g_variant_get(arguments, "(u&o&s&s)", &id, &job, &unit, &result);
    static_cast<JobResults*>(self)->results_[job] = result;
  }
  static gboolean expire(gpointer is_over) {
    *static_cast<bool*>(is_over) = true;
    return G_SOURCE_REMOVE;
  }

  std::map<std::string, std::string> results_;
};

const char* variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Of the bus on which the user's systemd answers; root asks the system's.
std::string bus_address() {
  const bool is_root = ::geteuid() == 0;
  const char* name = is_root ? "DBUS_SYSTEM_BUS_ADDRESS" : "DBUS_SESSION_BUS_ADDRESS";
  if (std::string address = variable(name); !address.empty()) return address;
  const std::string folder = is_root ? "/run/dbus" : variable("XDG_RUNTIME_DIR");
  const std::string path = folder + (is_root ? "/system_bus_socket" : "/bus");
  if (folder.empty()) {
    throw base::Failure(fmt::format("neither {} nor XDG_RUNTIME_DIR is set", name));
  }
  if (::access(path.c_str(), F_OK) < 0) {
    throw base::Failure(fmt::format("there is no {}, and {} is not set", path, name));
  }
  const std::unique_ptr<char, decltype(&g_free)> escaped(g_dbus_address_escape_value(path.c_str()),
                                                         g_free);
  return fmt::format("unix:path={}", escaped.get());
}

}  // namespace

void greet_systemd() {
  call(connect(bus_address()), "org.freedesktop.DBus.Peer", "Ping", nullptr, "()");
}

void start(const std::string& unit, pid_t process, const std::vector<Property>& limits) {
  const Connection connection = connect(bus_address());
  JobResults results(connection);
  call(connection, kManager, "Subscribe", nullptr, "()");
  const Variant answer = call(connection, kManager, "StartTransientUnit",
                              scope_arguments(unit, process, limits), "(o)");
  const char* job = nullptr;
  g_variant_get(answer.get(), "(&o)", &job);
  const std::string result = results.wait_for(job);
  if (result != "done") {
    throw base::Failure(fmt::format("systemd did not start {}: {}", unit, result));
  }
}

}  // namespace nsrun::scope
