package templates_test

import "sallyport/templates"

// administrationMinimal and administration are the administrators' pages.
func administrationMinimal() []sample {
	return []sample{
		{"admin", templates.Admin{}, 0},
		{"connections", templates.Connections{}, 0},
		{"connection", templates.Connection{Action: "/admin/connections/new", Kind: "oidc"}, 1},
		{"domain", templates.Domains{Action: "/admin/domains"}, 1},
		{"people", templates.People{Action: "/admin/people"}, 1},
		{"person", templates.Person{Email: "kari@acme.example", Role: "user", Created: at(1, 8)}, 0},
		{"signins", templates.SignIns{Action: "/admin/signins"}, 1},
		{"explained", templates.Explained{At: at(12, 8)}, 0},
		{"what_if", templates.WhatIf{Action: "/admin/what-if"}, 1},
		{"report", templates.Report{Action: "/admin/report"}, 1},
	}
}

func administration() []sample {
	return []sample{
		{"admin", templates.Admin{Frame: frame(""), Links: []templates.Choice{{Key: templates.LinkPeople, URL: "/admin/people"}, {Label: "More", URL: "/more"}}, BackURL: "/account"}, 0},
		{"connections", templates.Connections{Frame: frame(""), AddURL: "/admin/connections/new", Kinds: []string{"entra", "oidc"}, BackURL: "/admin", Rows: []templates.ConnectionRow{
			{Name: "Acme Entra", Kind: "entra", Mode: "evidence", URL: "/admin/connections/1"}, {Name: "Old", Kind: "oidc", Mode: "local", URL: "/admin/connections/2", Disabled: true}}}, 0},
		{"connection", connection(), 1},
		{"domain", domains(), 1},
		{"people", templates.People{Frame: frame(""), Action: "/admin/people", Query: "acme", NextURL: "/admin/people?q=acme&after=x", BackURL: "/admin", Rows: []templates.PersonRow{
			{Email: "kari@acme.example", Name: "Kari", Role: "owner", URL: "/admin/people/1", Factors: 2, Federated: true}, {Email: "robot@acme.example", Role: "user", URL: "/admin/people/2", Disabled: true, Service: true}}}, 1},
		{"person", person(), 0},
		{"signins", templates.SignIns{Frame: frame(templates.ErrorPersonUnknown), Action: "/admin/signins", Person: "kari@acme.example", BackURL: "/admin", Rows: []templates.SignInRow{
			{At: at(12, 8), Person: "kari@acme.example", Client: "ledger", URL: "/admin/signins/1"}, {At: at(12, 9), Person: "ola@acme.example", URL: "/admin/signins/2", Refused: true}}}, 1},
		{"explained", templates.Explained{Frame: frame(""), At: at(12, 8), Person: "kari@acme.example", Client: "ledger", Address: "192.0.2.7", Refused: true, Sentences: sentences()[:3], Rule: "tenant.second_factor", Required: "aal2", Reached: "1fa", Policy: 3, Event: "0196-1", BackURL: "/admin/signins"}, 0},
		{"what_if", whatIf(), 1},
		{"report", templates.Report{Frame: frame(templates.ErrorReportRunning), Action: "/admin/report", Running: true, ID: "r-1", Since: at(1, 8), Watched: "{\n  \"second_factor\": \"required\"\n}", EndAction: "/admin/report/end", EnforceURL: "/admin/report/enforce", BackURL: "/admin",
			Rows: []templates.ReportRow{{Before: "let_in", After: "must_enrol", SignIns: 7, People: 3}}}, 1},
		{"report_begin", templates.Report{Frame: frame(templates.ErrorPolicyInvalid), Action: "/admin/report", Document: "{}", BackURL: "/admin"}, 1},
		{"connection_preview", templates.PolicyPreview{Frame: frame(""), Action: "/admin/connections/1/second-factor", CancelURL: "/admin/connections/1", Sentences: loosened()}, 1},
	}
}

func connection() templates.Connection {
	return templates.Connection{
		Frame: frame(templates.ErrorConnectionInvalid), Action: "/admin/connections/1", Kind: "entra", Disabled: true, Version: 4, Name: "Acme Entra", Issuer: "https://login.example/acme/v2.0",
		ClientID: "c-1", Auth: "private_key_jwt", HasSecret: true, Scopes: "groups", Directories: "d-1 d-2", FormPost: true, Personal: true, Addresses: "verified", Create: true, Role: "admin", LinkByAddress: true,
		ClaimEmail: "mail", ClaimName: "display", ClaimGroups: "groups", Groups: []templates.GroupRow{{Group: "g-1", Role: "admin"}}, SignOut: true, Problem: "issuer: no address",
		Copy:       &templates.Addresses{Redirect: "https://id.example/callback", SignOut: "https://id.example/signout", BackChannel: "https://id.example/backchannel"},
		TestAction: "/admin/connections/1/test", ToggleURL: "/admin/connections/1/enable", BackURL: "/admin/connections",
		Second: &templates.Exemption{Action: "/admin/connections/1/second-factor", Version: 3, Mode: "evidence", Accept: "good", Minutes: 60, Contexts: "c1", Values: "urn:x", Entra: true, MailApart: true, Rules: []string{"amr mfa"}},
	}
}

func domains() templates.Domains {
	return templates.Domains{
		Frame: frame(templates.ErrorDomainName), Action: "/admin/domains", Name: "acme", Connections: []templates.Option{{Value: "1", Label: "Acme Entra"}}, BackURL: "/admin",
		Rows: []templates.DomainRow{{Name: "acme.example", State: "proven", Host: "_sallyport-challenge.acme.example", Value: "sallyport-domain-verification=x", Checked: at(12, 8), Connection: "1", CheckAction: "/admin/domains/check", ConnectAction: "/admin/domains/connect", RemoveURL: "/admin/domains/remove?name=acme.example"},
			{Name: "acme.test", State: "pending", Host: "_sallyport-challenge.acme.test", Value: "sallyport-domain-verification=y", CheckAction: "/admin/domains/check", ConnectAction: "/admin/domains/connect", RemoveURL: "/admin/domains/remove?name=acme.test"}},
	}
}

func person() templates.Person {
	return templates.Person{
		Frame: frame(templates.ErrorHelpDomain), Email: "ola@acme.example", Name: "Ola", Role: "user", Disabled: true, Confirmed: true, Frozen: true, Created: at(1, 8),
		Factors: []templates.Factor{{Kind: "totp", Name: "Phone", Added: at(1, 9)}, {Kind: "sms", Added: at(1, 9), LastUsed: at(2, 9)}},
		Links:   []templates.PersonLink{{Connection: "Acme Entra", Label: "ola@acme", Added: at(1, 9), LastUsed: at(3, 9)}, {Connection: "Old", Added: at(1, 9), Disabled: true}},
		Code:    "ABCD-EFGH", CodeExpires: at(12, 9), CodeUses: 1, ResetURL: "/admin/people/1/reset", CodeAction: "/admin/people/1/access-code", SignInsURL: "/admin/signins?person=ola", WhatIfURL: "/admin/what-if?person=ola", BackURL: "/admin/people",
	}
}

func whatIf() templates.WhatIf {
	return templates.WhatIf{
		Frame: frame(templates.ErrorPersonUnknown), Action: "/admin/what-if", Person: "ola@acme.example", Client: "ledger", Connection: "1", AMR: "pwd mfa", ACR: "1", Contexts: "c1", Minutes: "5", Address: "192.0.2.7", At: "2026-03-12T14:05", Level: "aal2",
		Clients: []templates.Option{{Value: "ledger", Label: "Ledger"}}, Connections: []templates.Option{{Value: "1", Label: "Acme Entra"}}, Asked: true, Sentences: sentences()[:2], Rule: "tenant.second_factor", BackURL: "/admin",
	}
}

// loosened are all sentences about a connection that counts for more.
func loosened() []templates.Passage {
	var all []templates.Passage
	for _, key := range []string{templates.PreviewSkip, templates.PreviewAccept, templates.PreviewEvidence, templates.PreviewMailApart, templates.PreviewPasswords, templates.PreviewOutside} {
		all = append(all, templates.Passage{Key: key, Data: map[string]any{"Connection": "Acme Entra", "Grade": "weak"}})
	}
	return all
}
