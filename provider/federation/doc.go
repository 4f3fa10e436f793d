// Package federation is the identity providers of tenants: how each is talked to, who somebody is there, and which account of
// ours that is.
//
// It owns the rows of connections and identities, what the kinds of provider can do, and the rule of arrival: an account is
// found by the key that the provider never gives to another, and never by an address alone (gauntlet G01, G03). What a sign-in
// spares is no part of it: it hands raw evidence to mfa/policy, which grades it anew at every judgement. It speaks no protocol,
// that is provider/federation/oidcrp; it sends nobody anywhere and issues nothing. provider/signin, provider/account, the
// console and the command line call it.
//
// It depends on nothing outside the house; the rules of oidcrp say what the libraries there are for.
package federation
