package templates_test

import (
	"html/template"
	"slices"
	"time"

	"sallyport/templates"
)

// sample is one page with a name for its golden file; primary is how many primary buttons or links it must have.
type sample struct {
	name    string
	page    templates.Page
	primary int
}

const (
	requestOptions  = `{"publicKey":{"challenge":"AAEC","rpId":"id.example.com","userVerification":"preferred"}}`
	creationOptions = `{"publicKey":{"challenge":"AAEC","rp":{"name":"Acme","id":"id.example.com"},"user":{"id":"AQ","name":"kari","displayName":"Kari"}}}`
)

const qr = template.URL("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")

var codes = []string{"01ABC-DEFGH-11JK0", "23456-789AB-CDEFG"}

func at(day, hour int) time.Time { return time.Date(2026, time.March, day, hour, 5, 0, 0, time.UTC) }

// minimal is every page with the least a handler can give it.
func minimal() []sample {
	return append([]sample{
		{"identify", templates.Identify{Action: "/signin"}, 1},
		{"tenant", templates.Tenant{Action: "/signin/tenant"}, 1},
		{"password", templates.Password{Action: "/signin/password"}, 1},
		{"second_factor", templates.SecondFactor{Action: "/signin/code", Method: "totp", Value: "totp"}, 1},
		{"second_factor_backup", templates.SecondFactor{Action: "/signin/code", Method: "backup_code", Value: "backup_code"}, 1},
		{"backup_codes", templates.BackupCodes{Action: "/signin/codes", Codes: codes}, 1},
		{"enrol_totp", templates.EnrolTOTP{Action: "/signin/enrol"}, 1},
		{"consent", templates.Consent{Action: "/signin/consent", Client: "Timesheet"}, 1},
		{"form_post", templates.FormPost{Action: "https://app.example/cb"}, 1},
		{"message", templates.Message{Body: templates.SignedOut}, 0},
		{"sign_out", templates.SignOut{Action: "/signout"}, 1},
		{"confirm", templates.Confirm{Title: templates.RemoveFactorTitle, Body: templates.RemoveFactorBody, Data: map[string]any{"Name": "Phone"}, Action: "/account/factors/1/remove"}, 1},
		{"account", templates.Account{}, 0},
		{"policy", templates.Policy{Action: "/policy"}, 1},
		{"policy_preview", templates.PolicyPreview{Action: "/policy"}, 1},
		{"second_factor_key", templates.SecondFactor{Action: "/signin/code", Method: "webauthn", Value: "webauthn", Options: "{}"}, 1},
		{"second_factor_sms", templates.SecondFactor{Action: "/signin/code", Method: "sms", Value: "sms:1", Target: "+47 ••• •• 512", Sent: &templates.SentCode{}}, 1},
		{"choose_method", templates.ChooseMethod{Action: "/signin/choose"}, 0},
		{"choose_enrol", templates.ChooseEnrol{Action: "/signin/enrol"}, 0},
		{"enrol_key", templates.EnrolKey{Action: "/signin/enrol", Options: "{}"}, 1},
		{"enrol_phone", templates.EnrolPhone{Action: "/signin/enrol"}, 0},
		{"enrol_code", templates.EnrolCode{Action: "/signin/enrol", Method: "email", Target: "k•••@acme.example"}, 1},
		{"forgot", templates.Forgot{Action: "/signin/forgot", Email: "kari@acme.example"}, 1},
		{"new_password", templates.NewPassword{Action: "/reset"}, 1},
		{"new_email", templates.NewEmail{Action: "/account/email"}, 1},
	}, administrationMinimal()...)
}

// full is every page with all that it can show.
func full() []sample {
	return slices.Concat(signin(), factors(), settings(), recovery(), upstreams(), administration())
}

func frame(err string) templates.Frame {
	return templates.Frame{Tenant: "Acme", User: "kari@acme.example", SwitchURL: "/signin/switch", Error: err, Notice: templates.NoticeFactorRemoved}
}

func signin() []sample {
	throttled := frame(templates.ErrorThrottled)
	throttled.ErrorData = map[string]any{"Minutes": 1}
	return []sample{
		{"identify", templates.Identify{Frame: templates.Frame{Tenant: "Acme", Error: templates.ErrorEmailInvalid}, Action: "/signin", Email: "kari@acme", AskTenant: true, TenantSlug: "acme", CancelURL: "/signin/cancel", PasskeyOptions: requestOptions, PasskeyAction: "/signin/passkey", PasskeyIssued: "i-1"}, 1},
		{"tenant", templates.Tenant{Frame: templates.Frame{Error: templates.ErrorTenantUnknown}, Action: "/signin/tenant", Slug: "acmee", BackURL: "/signin"}, 1},
		{"password", templates.Password{Frame: frame(templates.ErrorPasswordWrong), Action: "/signin/password", Email: "kari@acme.example", TenantURL: "/signin/tenant", ForgotURL: "/signin/forgot",
			PasskeyOptions: `{"challenge":"AAAA"}`, PasskeyAction: "/signin/passkey", PasskeyIssued: "1772355900"}, 1},
		{"second_factor", templates.SecondFactor{Frame: throttled, Action: "/signin/code", Method: "totp", Value: "totp", Account: "kari@acme.example", Others: []templates.Way{{Method: "backup_code", Value: "backup_code"}}, OthersAction: "/signin/way"}, 1},
		{"second_factor_backup", templates.SecondFactor{Frame: frame(templates.ErrorBackupWrong), Action: "/signin/code", Method: "backup_code", Value: "backup_code", Account: "kari@acme.example", Others: []templates.Way{{Method: "totp", Value: "totp"}}, OthersAction: "/signin/way"}, 1},
		{"backup_codes", templates.BackupCodes{Frame: frame(templates.ErrorNotKept), Action: "/signin/codes", Codes: codes, DownloadURL: "/signin/codes.txt", Replaces: true, CancelURL: "/account"}, 1},
		{"enrol_totp", templates.EnrolTOTP{Frame: frame(templates.ErrorNameTooLong), Action: "/signin/enrol", QR: qr, Key: []string{"ABCD", "EFGH", "IJKL", "MNOP", "QRST", "UVWX", "YZ23", "4567"}, Issuer: "Acme", Account: "kari@acme.example", Name: "Work phone", OthersURL: "/signin/enrol/choose", Forced: true, WhyKey: templates.WhyTenant, Skip: &templates.Skip{Action: "/signin/skip", Left: 1}, CancelURL: "/account"}, 1},
		{"consent", templates.Consent{Frame: frame(""), Action: "/signin/consent", Client: "Timesheet", ClientHost: "time.example", Scopes: []string{"openid", "profile", "email", "offline_access", "address", "phone", "ledger:read"}, NewScopes: []string{"phone", "ledger:read"}}, 1},
		{"form_post", templates.FormPost{Action: "https://app.example/cb", Fields: []templates.Field{{Name: "code", Value: "c-1"}, {Name: "state", Value: "a b+c"}}}, 1},
		{"message", templates.Message{Frame: frame(""), Status: 400, Body: templates.ErrorClient, Detail: "redirect_uri is not registered for this client", RequestID: "01J9ZK3V", Links: []templates.Choice{{Label: "My settings", URL: "/account"}, {Label: "Sign out", URL: "/signout"}}}, 1},
		{"sign_out", templates.SignOut{Frame: frame(""), Action: "/signout", Client: "Timesheet", Fields: []templates.Field{{Name: "state", Value: "s-1"}}}, 1},
	}
}

func factors() []sample {
	ways := []templates.Way{{Method: "totp", Value: "totp"}, {Method: "sms", Target: "+47 ••• •• 512", Value: "sms:1"}, {Method: "access_code", Value: "access_code"}}
	sent := &templates.SentCode{Seconds: 290, ResendIn: 25, StatusURL: "/signin/status"}
	undelivered := &templates.SentCode{Seconds: 61, Failed: true, StatusURL: "/signin/status"}
	later := &templates.Skip{Action: "/signin/skip", Until: at(31, 0)}
	return []sample{
		{"second_factor_key", templates.SecondFactor{Frame: frame(templates.ErrorKeyFailed), Action: "/signin/code", Method: "webauthn", Value: "webauthn", Options: requestOptions, Issued: "i-1", Others: ways, OthersAction: "/signin/way", TrustDays: 30}, 1},
		{"second_factor_sms", templates.SecondFactor{Frame: frame(templates.ErrorSentWrong), Action: "/signin/code", Method: "sms", Value: "sms:1", Target: "+47 ••• •• 512", Sent: sent, ResendAction: "/signin/resend", Others: ways, OthersAction: "/signin/way", TrustDays: 1}, 1},
		{"second_factor_email", templates.SecondFactor{Frame: frame(templates.ErrorCodeNewer), Action: "/signin/code", Method: "email", Value: "email:1", Target: "k•••@acme.example", Sent: undelivered, ResendAction: "/signin/resend", Others: ways, OthersAction: "/signin/way"}, 1},
		{"second_factor_access", templates.SecondFactor{Frame: frame(templates.ErrorAccessWrong), Action: "/signin/code", Method: "access_code", Value: "access_code", Others: ways, OthersAction: "/signin/way"}, 1},
		{"choose_method", templates.ChooseMethod{Frame: frame(""), Action: "/signin/choose", Ways: ways}, 0},
		{"choose_enrol", templates.ChooseEnrol{Frame: frame(templates.ErrorEnrolOff), Action: "/signin/enrol", Ways: append([]templates.Way{{Method: "webauthn", Value: "webauthn"}, {Method: "email", Target: "k•••@acme.example", Value: "email"}}, ways[:2]...), Forced: true, WhyKey: templates.WhyTenant, Skip: later, CancelURL: "/account"}, 0},
		{"enrol_key", templates.EnrolKey{Frame: frame(templates.ErrorNameTooLong), Action: "/signin/enrol", Options: creationOptions, Issued: "i-1", Name: "Blue key", OthersURL: "/signin/enrol/choose", Forced: true, WhyKey: templates.WhyTenant, Skip: later, CancelURL: "/account"}, 1},
		{"enrol_phone", templates.EnrolPhone{Frame: frame(templates.ErrorNumberInvalid), Action: "/signin/enrol", Number: "412 34 51", Country: "NO", Countries: []templates.Country{{Code: "DK", Name: "Denmark", Prefix: "+45"}, {Code: "NO", Name: "Norway", Prefix: "47"}}, OthersURL: "/signin/enrol/choose", Skip: &templates.Skip{Action: "/signin/skip", Left: 3}, CancelURL: "/account"}, 1},
		{"enrol_code", templates.EnrolCode{Frame: frame(templates.ErrorCodeExpired), Action: "/signin/enrol", Method: "sms", Target: "+47 ••• •• 512", Name: "Private", Sent: sent, ResendAction: "/signin/resend", OthersURL: "/signin/enrol/choose", CancelURL: "/account"}, 1},
	}
}

func recovery() []sample {
	return []sample{
		{"forgot", templates.Forgot{Frame: frame(templates.ErrorBusy), Action: "/signin/forgot", Email: "kari@acme.example", BackURL: "/signin"}, 1},
		{"new_password", templates.NewPassword{Frame: frame(templates.ErrorPasswordShort), Action: "/reset", Email: "kari@acme.example", CancelURL: "/account"}, 1},
		{"new_email", templates.NewEmail{Frame: frame(templates.ErrorEmailInvalid), Action: "/account/email", Email: "kari@acme", CancelURL: "/account"}, 1},
		{"policy_preview", templates.PolicyPreview{Frame: frame(""), Action: "/policy", Fields: []templates.Field{{Name: "mode", Value: "required"}}, CancelURL: "/policy", Sentences: sentences()}, 1},
	}
}

// sentences are all that a preview can say, with one person and with more.
func sentences() []templates.Passage {
	all := []templates.Passage{{Key: templates.PreviewNobody}, {Key: templates.PreviewYourself}}
	for i, key := range []string{templates.PreviewEnrol, templates.PreviewAsked, templates.PreviewNotAsked, templates.PreviewStranded, templates.PreviewMethod,
		templates.PreviewRule, templates.PreviewBreakGlass, templates.PreviewDevices, templates.PreviewSessions} {
		all = append(all, templates.Passage{Key: key, Data: map[string]any{"Count": 1 + i%2, "Method": "sms", "Name": "Contractors"}})
	}
	return all
}

func settings() []sample {
	return []sample{
		{"confirm", templates.Confirm{Frame: frame(templates.ErrorConflict), Title: templates.RemoveFactorTitle, Body: templates.RemoveLastBody, Data: map[string]any{"Name": "Work phone"}, Action: "/account/factors/1/remove", Fields: []templates.Field{{Name: "id", Value: "1"}}, Button: templates.RemoveFactorButton, CancelURL: "/account", Danger: true}, 1},
		{"account", account(), 1},
		{"policy", policy(), 1},
	}
}

func account() templates.Account {
	return templates.Account{
		Frame: frame(templates.ErrorConflict), Name: "Kari Nordmann", Email: "kari@acme.example",
		Factors: []templates.Factor{
			{ID: "1", Kind: "totp", Name: "Work phone", Added: at(1, 9), LastUsed: at(12, 14), RemoveAction: "/account/factors/1/remove"},
			{ID: "2", Kind: "totp", Added: at(2, 9)},
			{ID: "3", Kind: "sms", Target: "+47 ••• •• 512", Added: at(2, 9)},
			{ID: "4", Kind: "email", Name: "Private", Target: "k•••@acme.example", Added: at(2, 9)},
		},
		BackupCodes: 1, ReplaceCodesURL: "/account/backup-codes/replace",
		AddAction: "/account/factors/add", ConfirmEmailAction: "/account/email/confirm", ChangeEmailURL: "/account/email", ChangePasswordURL: "/account/password", Frozen: true, EndOthersAction: "/account/sessions/end-others", SecondFactorState: templates.StateRequired,
		Sessions: []templates.Session{
			{ID: "s1", Current: true, Browser: "Firefox on Linux", Address: "192.0.2.7", Started: at(12, 8), Seen: at(12, 14), Proofs: []string{"password", "totp"}},
			{ID: "s2", Browser: "Safari on iPhone", Address: "2001:db8::1", Started: at(10, 8), Seen: at(11, 20), Action: "/account/sessions/s2/end", Proofs: []string{"password"}},
		},
		Consents: []templates.Grant{{Client: "Timesheet", Scopes: []string{"openid", "email", "ledger:read"}, Granted: at(3, 10), Action: "/account/consents/c1/revoke"}},
		Devices: []templates.Device{
			{ID: "d1", Browser: "Firefox on Linux", Address: "192.0.2.7", Trusted: at(1, 9), LastUsed: at(12, 14), Expires: at(31, 9), Action: "/account/devices/d1/forget"},
			{ID: "d2", Trusted: at(1, 9), Expires: at(31, 9)},
		},
		EndDevicesAction: "/account/devices/end",
		SignOutAction:    "/signout", AdminURL: "/admin", PolicyURL: "/policy",
		Identities: []templates.Identity{
			{Connection: "Contoso", Label: "kari@contoso.example", Added: at(3, 9), LastUsed: at(12, 8), RemoveURL: "/account/identities/1/remove"},
			{Connection: "Google", Added: at(4, 9)},
		},
		Connect: connects(), ConnectAction: "/account/connect",
	}
}

func policy() templates.Policy {
	return templates.Policy{
		Frame: frame(templates.ErrorPolicyInvalid), Action: "/policy", Mode: "required",
		Methods:           []templates.Method{{Name: "webauthn"}, {Name: "totp", Checked: true}, {Name: "sms", Checked: true}, {Name: "email"}, {Name: "carrier_pigeon"}},
		EnrolWithPassword: true, ForgetEnrolled: true, EnrolUntil: "2026-03-31", EnrolSkips: 3,
		SessionHours: 12, IdleMinutes: 60, StepUpMinutes: 10, TrustedDays: 30, CodeSeconds: 300,
		Access:       templates.AccessCodes{Enabled: true, Length: 12, Minutes: 60, Uses: 1, Admins: true},
		SMSCountries: "NO SE", KeyVerify: true, KeyAttest: true, KeyModels: "00000000-0000-0000-0000-000000000000",
		Rules:      []templates.Rule{{Name: "Contractors", Level: "phr", Roles: "user admin", Domains: "partner.example", Clients: "ledger", Networks: "192.0.2.0/24", Outside: "198.51.100.0/24"}},
		BreakGlass: "ola@acme.example", PasswordsChoice: true, NoPasswords: true, ResetOutside: true, TryName: "try", Version: 3, BackURL: "/account",
		History: []templates.PolicyVersion{{Version: 3, At: at(12, 14), By: "kari@acme.example", Summary: "mode: optional → required"}},
	}
}
