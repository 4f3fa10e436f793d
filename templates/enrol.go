package templates

import (
	"html/template"
	"strings"
	"time"
)

// Skip lets people put enrolment off; it posts nothing but its button.
type Skip struct {
	Action string
	Left   int       // how many times more; 0 when a date decides
	Until  time.Time // until when, shown as its day in UTC; zero when Left decides
}

// ChooseEnrol asks what to enrol; it posts "method" with the Value of one of Ways, or its Method where Value is empty.
type ChooseEnrol struct {
	Frame
	Action    string
	Ways      []Way
	Forced    bool   // says that the tenant requires it
	WhyKey    string // message key of the reason, one of the Why constants; may be empty
	Skip      *Skip
	CancelURL string // empty hides the link
}

func (p ChooseEnrol) view() view { return view{file: "choose_enrol.html", title: "choose_enrol.title"} }

// EnrolTOTP sets up an authenticator app; it posts "code" and the optional "name".
type EnrolTOTP struct {
	Frame
	Action    string
	QR        template.URL // data:image/png;base64,…; anything else fails Render; empty shows the key only
	Key       []string     // the secret in groups, as it is typed by hand
	Issuer    string
	Account   string
	Name      string // what was typed as the authenticator's name
	OthersURL string // where another method can be chosen; empty hides the link
	Forced    bool   // as in ChooseEnrol
	WhyKey    string // as in ChooseEnrol
	Skip      *Skip
	CancelURL string // empty hides the link
}

func (p EnrolTOTP) view() view { return view{file: "enrol_totp.html", title: "enrol.title"} }

// EnrolKey sets up a security key or the device itself; it posts "credential" (JSON), "issued" and the optional "name".
type EnrolKey struct {
	Frame
	Action    string
	Options   string // PublicKeyCredentialCreationOptionsJSON (WebAuthn 3, 5.1.8), bare or under "publicKey"
	Issued    string
	Name      string // what was typed as the key's name
	OthersURL string // as in EnrolTOTP
	Forced    bool   // as in ChooseEnrol
	WhyKey    string // as in ChooseEnrol
	Skip      *Skip
	CancelURL string // empty hides the link
}

func (p EnrolKey) view() view { return view{file: "enrol_key.html", title: "enrol_key.title"} }

// EnrolPhone asks for a telephone number to send codes to; it posts "number" and "country".
type EnrolPhone struct {
	Frame
	Action    string
	Number    string // what was typed
	Countries []Country
	Country   string // code of the one chosen
	OthersURL string // as in EnrolTOTP
	Skip      *Skip
	CancelURL string // empty hides the link
}

func (p EnrolPhone) view() view { return view{file: "enrol_phone.html", title: "enrol_phone.title"} }

// Country is one that texts are sent to.
type Country struct {
	Code   string // ISO 3166-1 alpha-2
	Name   string
	Prefix string // "+47" or "47"
}

// Dial is the prefix with its plus sign.
func (c Country) Dial() string { return "+" + strings.TrimPrefix(c.Prefix, "+") }

// EnrolCode asks for the code that was sent to a number or an address that is being enrolled; it posts "code" and the optional "name".
type EnrolCode struct {
	Frame
	Action       string
	Method       string // "sms" or "email"
	Target       string // where the code was sent, masked
	Name         string // what was typed as the factor's name
	Sent         *SentCode
	ResendAction string // posts nothing but its button; empty hides it
	OthersURL    string // as in EnrolTOTP
	CancelURL    string // empty hides the link
}

func (p EnrolCode) view() view { return view{file: "enrol_code.html", title: "enrol_code.title"} }

// BackupCodes shows the codes once and asks whether they are kept; it posts "kept" (on).
type BackupCodes struct {
	Frame
	Action      string
	Codes       []string
	DownloadURL string // the same codes as a file; empty hides the link
	Replaces    bool   // says that the codes of before end
	CancelURL   string // empty hides the link
}

func (p BackupCodes) view() view { return view{file: "backup_codes.html", title: "backup_codes.title"} }
