package templates

// Way is another method to prove oneself or to enrol.
type Way struct {
	Method string // kind, as in the method messages
	Target string // masked address or number; may be empty
	Value  string // what is posted, such as "totp" or "sms:" and the id of a factor
}

// SentCode is what is known of a code that was sent.
type SentCode struct {
	Seconds   int    // until it expires; 0 or less says that it has
	ResendIn  int    // seconds until it may be sent again
	Failed    bool   // delivery is failing
	StatusURL string // JSON {"failed":bool,"sent":bool} for the script that watches delivery; may be empty
}

// Minutes is the time left, rounded to the nearest minute, for those without scripts.
func (s SentCode) Minutes() int { return max(1, (s.Seconds+30)/60) }

// SecondFactor asks for a code or a key; it posts "way" and "code", which may hold spaces, or "way", "assertion" (JSON) and "issued", and "trust" (on).
type SecondFactor struct {
	Frame
	Action       string
	Method       string // "totp", "sms", "email", "webauthn", "backup_code" or "access_code"
	Value        string // what is posted as "way"
	Account      string // what the authenticator lists the entry as; may be empty
	Target       string // where the code was sent, masked
	Options      string // JSON of the options to ask a key with, as in Identify; of webauthn
	Issued       string // what is posted as "issued" beside the key's answer
	Sent         *SentCode
	ResendAction string // posts "way"; empty hides the button
	Others       []Way  // other methods; with none there is no "Try another way"
	OthersAction string // posts "way" with the Value of one of Others
	TrustDays    int    // how long this browser may be trusted; 0 hides the box
}

func (p SecondFactor) view() view {
	return view{file: "second_factor.html", title: "second_factor.title"}
}

// ChooseMethod asks which of one's methods to use; it posts "way" with the Value of one.
type ChooseMethod struct {
	Frame
	Action string
	Ways   []Way
}

func (p ChooseMethod) view() view {
	return view{file: "choose_method.html", title: "choose_method.title"}
}
