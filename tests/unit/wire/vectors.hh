// SPDX-License-Identifier: Apache-2.0
//
// Frames as hex, each below the line that tcpdump -ntS prints for it. Checksums are right.
#pragma once

#include <string_view>

namespace nsrun::wire::test {

struct Vector {
  std::string_view name;
  std::string_view hex;
  std::string_view text;  // what describe_frame() says
};

// ARP, Request who-has 10.0.2.2 tell 10.0.2.100, length 28
inline constexpr Vector kArpRequest = {
    "arp_request",
    "ffffffffffff525400000001080600010800060400015254000000010a0002640000000000000a000202",
    "ARP, Request who-has 10.0.2.2 tell 10.0.2.100, length 28"};

// ARP, Reply 10.0.2.2 is-at 52:55:0a:00:02:02, length 28
inline constexpr Vector kArpReply = {
    "arp_reply",
    "52540000000152550a0002020806000108000604000252550a0002020a0002025254000000010a000264",
    "ARP, Reply 10.0.2.2 is-at 52:55:0a:00:02:02, length 28"};

// IP 10.0.2.100.40000 > 192.0.2.80.80: Flags [S], seq 1, win 64240, options [mss 1460,sackOK,TS
// val 1000 ecr 0,nop,wscale 7], length 0
inline constexpr Vector kTcpSyn = {
    "tcp_syn",
    "52550a00020252540000000108004500003c0007400040066c010a000264c00002509c400050000000010000"
    "0000a002faf0dde10000020405b40402080a000003e80000000001030307",
    "IP 10.0.2.100.40000 > 192.0.2.80.80: Flags [S], seq 1, win 64240, options [mss "
    "1460,sackOK,TS val 1000 ecr 0,wscale 7], length 0"};

// IP 10.0.2.100.40000 > 192.0.2.80.80: Flags [P.], seq 2:9, ack 100, win 502, length 7: HTTP:
// GET /
inline constexpr Vector kTcpData = {
    "tcp_data",
    "52550a00020252540000000108004500002f0008400040066c0d0a000264c00002509c400050000000020000"
    "0064501801f66db20000474554202f0d0a",
    "IP 10.0.2.100.40000 > 192.0.2.80.80: Flags [P.], seq 2:9, ack 100, win 502, length 7"};

// IP 10.0.2.100.40000 > 192.0.2.80.80: Flags [R], seq 9, win 0, length 0
inline constexpr Vector kTcpResetPadded = {
    "tcp_reset_padded",
    "52550a0002025254000000010800450000280009400040066c130a000264c00002509c400050000000090000"
    "00005004000044930000000000000000",
    "IP 10.0.2.100.40000 > 192.0.2.80.80: Flags [R], seq 9, win 0, length 0"};

// IP6 2001:db8::80.443 > fd00::100.40001: Flags [S.], seq 500, ack 2, win 65535, options [mss
// 1440], length 0
inline constexpr Vector kTcp6SynAck = {
    "tcp6_syn_ack",
    "52550a00020252540000000186dd600000000018064020010db8000000000000000000000080fd0000000000"
    "0000000000000000010001bb9c41000001f4000000026012ffffcbfe0000020405a0",
    "IP6 2001:db8::80.443 > fd00::100.40001: Flags [S.], seq 500, ack 2, win 65535, options "
    "[mss 1440], length 0"};

// IP 10.0.2.100.5000 > 192.0.2.80.6000: UDP, length 5
inline constexpr Vector kUdp = {
    "udp",
    "52550a000202525400000001080045000021000a400040116c0e0a000264c000025013881770000dc2556865"
    "6c6c6f",
    "IP 10.0.2.100.5000 > 192.0.2.80.6000: UDP, length 5"};

// IP6 fd00::100 > 2001:db8::80: HBH DSTOPT 5000 > 6000: UDP, length 2
inline constexpr Vector kUdp6BehindExtensions = {
    "udp6_behind_extensions",
    "52550a00020252540000000186dd60000000001a0040fd00000000000000000000000000010020010db80000"
    "000000000000000000803c00010400000000110001040000000013881770000a403f6869",
    "IP6 fd00::100.5000 > 2001:db8::80.6000: UDP, length 2"};

// IP 10.0.2.100 > 10.0.2.2: ICMP echo request, id 3, seq 1, length 16
inline constexpr Vector kIcmpEcho = {
    "icmp_echo",
    "52550a000202525400000001080045000024000b4000400122690a0002640a00020208006666000300016162"
    "636465666768",
    "IP 10.0.2.100 > 10.0.2.2: ICMP echo request, id 3, seq 1, length 16"};

// IP 10.0.2.2 > 10.0.2.100: ICMP host 192.0.2.80 unreachable - admin prohibited filter, length 41
inline constexpr Vector kIcmpUnreachable = {
    "icmp_unreachable",
    "52540000000152550a00020208004500003d000c40004001224f0a0002020a000264030dcbc5000000004500"
    "0021000a400040116c0e0a000264c000025013881770000dc25568656c6c6f",
    "IP 10.0.2.2 > 10.0.2.100: ICMP unreachable - admin prohibited, length 41"};

// IP 10.0.2.2 > 10.0.2.100: ICMP 192.0.2.80 unreachable - need to frag (mtu 1400), length 41
inline constexpr Vector kIcmpFragNeeded = {
    "icmp_frag_needed",
    "52540000000152550a00020208004500003d000c40004001224f0a0002020a0002640304c656000005784500"
    "0021000a400040116c0e0a000264c000025013881770000dc25568656c6c6f",
    "IP 10.0.2.2 > 10.0.2.100: ICMP unreachable - need to frag (mtu 1400), length 41"};

// IP6 fd00::100 > fd00::2: ICMP6, echo request, id 3, seq 1, length 16
inline constexpr Vector kIcmp6Echo = {
    "icmp6_echo",
    "52550a00020252540000000186dd6000000000103a40fd000000000000000000000000000100fd0000000000"
    "000000000000000000028000f317000300016162636465666768",
    "IP6 fd00::100 > fd00::2: ICMP6, echo request, id 3, seq 1, length 16"};

// IP6 fd00::2 > fd00::100: ICMP6, packet too big, mtu 1400, length 61
inline constexpr Vector kIcmp6TooBig = {
    "icmp6_too_big",
    "52540000000152550a00020286dd60000000003d3a40fd000000000000000000000000000002fd0000000000"
    "0000000000000000010002008bdd0000057860000000000d1140fd0000000000000000000000000001002001"
    "0db800000000000000000000008013881770000d64d068656c6c6f",
    "IP6 fd00::2 > fd00::100: ICMP6, packet too big, mtu 1400, length 61"};

// IP 10.0.2.100.5000 > 192.0.2.80.6000: UDP, length 1
inline constexpr Vector kIp4Options = {
    "ip4_options",
    "52550a000202525400000001080046000021000d40004011d7060a000264c000025094040000138817700009"
    "8e2f78",
    "IP 10.0.2.100.5000 > 192.0.2.80.6000: UDP, length 1"};

// IP 10.0.2.100.5000 > 192.0.2.80.6000: UDP, length 24
inline constexpr Vector kFragmentFirst = {
    "fragment_first",
    "52550a000202525400000001080045000024004d200040118bc80a000264c000025013881770002081710001"
    "020304050607",
    "IP 10.0.2.100 > 192.0.2.80: frag (id 77, offset 0, more), udp, length 16"};

// IP 10.0.2.100 > 192.0.2.80: ip-proto-17
inline constexpr Vector kFragmentLast = {
    "fragment_last",
    "52550a000202525400000001080045000024004d00024011abc60a000264c000025008090a0b0c0d0e0f1011"
    "121314151617",
    "IP 10.0.2.100 > 192.0.2.80: frag (id 77, offset 16), udp, length 16"};

// IP6 fd00::100 > 2001:db8::80: frag (0|16) 5000 > 6000: UDP, length 24
inline constexpr Vector kFragment6First = {
    "fragment6_first",
    "52550a00020252540000000186dd6000000000182c40fd00000000000000000000000000010020010db80000"
    "00000000000000000080110000010000abcd13881770002023ec0001020304050607",
    "IP6 fd00::100 > 2001:db8::80: frag (id 43981, offset 0, more), udp, length 16"};

// IP6 fd00::100 > 2001:db8::80: frag (16|16)
inline constexpr Vector kFragment6Last = {
    "fragment6_last",
    "52550a00020252540000000186dd6000000000182c40fd00000000000000000000000000010020010db80000"
    "00000000000000000080110000100000abcd08090a0b0c0d0e0f1011121314151617",
    "IP6 fd00::100 > 2001:db8::80: frag (id 43981, offset 16), udp, length 16"};

// IP 10.0.2.100.5000 > 192.0.2.80.6000: sctp
inline constexpr Vector kSctp = {
    "sctp",
    "52550a000202525400000001080045000020000e400040846b980a000264c000025013881770000000000000"
    "0000",
    "IP 10.0.2.100 > 192.0.2.80: protocol 132, length 12"};

inline constexpr Vector kVectors[] = {
    kArpRequest,
    kArpReply,
    kTcpSyn,
    kTcpData,
    kTcpResetPadded,
    kTcp6SynAck,
    kUdp,
    kUdp6BehindExtensions,
    kIcmpEcho,
    kIcmpUnreachable,
    kIcmpFragNeeded,
    kIcmp6Echo,
    kIcmp6TooBig,
    kIp4Options,
    kFragmentFirst,
    kFragmentLast,
    kFragment6First,
    kFragment6Last,
    kSctp,
};

}  // namespace nsrun::wire::test
