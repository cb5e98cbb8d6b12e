// SPDX-License-Identifier: Apache-2.0
//
// A look-up in the flow table: the same at 100,000 flows as at one, but for the processor's caches.
#include "dataplane/flow_table.hh"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "os/random.hh"
#include "wire/flow_key.hh"

namespace nsrun::dataplane {
namespace {

class NamedFlow {
 public:
  explicit NamedFlow(const wire::FlowKey& key) noexcept : key_(key) {}
  const wire::FlowKey& key() const noexcept { return key_; }

 private:
  wire::FlowKey key_;
};

wire::FlowKey key_number(uint32_t number) noexcept {
  const auto port = static_cast<uint16_t>(number % 50'000 + 1024);
  return {wire::Transport::kTcp,
          {wire::IpAddress::v4(0x0a000264), port},
          {wire::IpAddress::v4(0xc0000200 + number / 50'000), 443}};
}

void find_flow(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  std::vector<NamedFlow> flows;
  flows.reserve(count);
  FlowTable<NamedFlow> table(os::random_value<wire::SipHashKey>());
  for (uint32_t i = 0; i < count; ++i) {
    flows.emplace_back(key_number(i));
    table.insert(&flows.back());
  }
  uint32_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find(key_number(next)));
    next = (next + 7919) % count;  // a prime: no neighbours in memory
  }
}
BENCHMARK(find_flow)->Arg(1)->Arg(1000)->Arg(100'000);

}  // namespace
}  // namespace nsrun::dataplane
