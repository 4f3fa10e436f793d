package sms_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"sallyport/provider/notify/sms"
)

func TestSMPPSaysWhoWeAreAndWhoIsMeant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from           string
		ton, npi       byte
		address        string
		bind           sms.Bind
		what           data.CommandIDType
		user, password string
	}{
		{"Acme", data.GSM_TON_ALPHANUMERIC, data.GSM_NPI_UNKNOWN, "Acme", "", data.BIND_TRANSCEIVER, "a", "b"},
		{"+4799999999", data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164, "4799999999", sms.Transceiver, data.BIND_TRANSCEIVER, "a", ""},
		{"2077", data.GSM_TON_UNKNOWN, data.GSM_NPI_E164, "2077", sms.Transmitter, data.BIND_TRANSMITTER, "exactly fifteen", "more than eight"},
		{"", data.GSM_TON_UNKNOWN, data.GSM_NPI_UNKNOWN, "", sms.Transmitter, data.BIND_TRANSMITTER, "a", "b"},
	} {
		centre := newCentre(t, nil)
		taken := centre.taking(t, data.ESME_ROK)
		s := centre.client(t, sms.SMPPConfig{From: c.from, Bind: c.bind, SystemID: c.user, Password: c.password, SystemType: "VMA"})
		if err := s.Send(t.Context(), text(bound)); err != nil {
			t.Fatal(err)
		}
		b, m := next(t, centre.binds), next(t, taken)
		if b.CommandID != c.what || b.SystemID != c.user || b.Password != c.password || b.SystemType != "VMA" || b.InterfaceVersion != 0x34 {
			t.Errorf("%q: %+v", c.from, b)
		}
		if a := m.SourceAddr; a.Ton() != c.ton || a.Npi() != c.npi || a.Address() != c.address {
			t.Errorf("%q: from %+v", c.from, a)
		}
		if a := m.DestAddr; a.Ton() != data.GSM_TON_INTERNATIONAL || a.Npi() != data.GSM_NPI_E164 || a.Address() != "4791234512" {
			t.Errorf("%q: to %+v", c.from, a)
		}
	}
}

func TestSMPPSplitsOnlyWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   string
		coding byte
		parts  []int // octets of each
	}{
		"bound to an origin":      {bound, data.GSM7BITCoding, []int{len(bound)}},
		"all of GSM":              {"@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¤%&()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà", data.GSM7BITCoding, []int{60}},
		"escapes count twice":     {"^{}\\[~]|€", data.GSM7BITCoding, []int{18}},
		"as long as may be":       {strings.Repeat("a", 160), data.GSM7BITCoding, []int{160}},
		"one more":                {strings.Repeat("a", 161), data.GSM7BITCoding, []int{153, 8}},
		"eighty escapes":          {strings.Repeat("€", 80), data.GSM7BITCoding, []int{160}},
		"an escape is not torn":   {strings.Repeat("€", 81), data.GSM7BITCoding, []int{152, 10}},
		"five parts":              {strings.Repeat("a", 670), data.GSM7BITCoding, []int{153, 153, 153, 153, 58}},
		"beyond GSM":              {"Код " + code, data.UCS2Coding, []int{20}},
		"as long in UCS-2":        {strings.Repeat("Ж", 70), data.UCS2Coding, []int{140}},
		"one more in UCS-2":       {strings.Repeat("Ж", 71), data.UCS2Coding, []int{134, 8}},
		"a pair is not torn":      {strings.Repeat("🦊", 36), data.UCS2Coding, []int{132, 12}},
		"a letter with an accent": {"blâ", data.UCS2Coding, []int{6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			centre := newCentre(t, nil)
			taken := centre.taking(t, data.ESME_ROK)
			if err := centre.client(t, sms.SMPPConfig{}).Send(t.Context(), text(c.body)); err != nil {
				t.Fatal(err)
			}
			var joined strings.Builder
			var sequences []int32
			var reference byte
			for i, octets := range c.parts {
				m := next(t, taken)
				raw, _ := m.Message.GetMessageData()
				said, err := m.Message.GetMessage()
				if joined.WriteString(said); err != nil || len(raw) != octets || m.Message.Encoding().DataCoding() != c.coding {
					t.Errorf("part %d: %d octets of coding %v, %v", i, len(raw), m.Message.Encoding(), err)
				}
				total, part, ref, long := m.Message.UDH().GetConcatInfo()
				if long != (len(c.parts) > 1) || long && (int(total) != len(c.parts) || int(part) != i+1 || i > 0 && ref != reference) {
					t.Errorf("part %d: %d of %d, reference %d, %v", i, part, total, ref, long)
				}
				if (m.EsmClass&data.SM_UDH_GSM != 0) != long || slices.Contains(sequences, m.SequenceNumber) {
					t.Errorf("part %d: class %x, sequence %d after %v", i, m.EsmClass, m.SequenceNumber, sequences)
				}
				reference, sequences = ref, append(sequences, m.SequenceNumber)
			}
			if joined.String() != c.body || len(taken) != 0 {
				t.Errorf("%q, %d parts more", joined.String(), len(taken))
			}
		})
	}
}

func TestSMPPStatusDecides(t *testing.T) {
	t.Parallel()
	for status, refused := range map[data.CommandStatusType]bool{data.ESME_RINVDSTADR: true, data.ESME_RTHROTTLED: false, data.ESME_RMSGQFUL: false,
		data.ESME_RSYSERR: false, 0x400: false} {
		centre := newCentre(t, nil)
		centre.taking(t, status)
		err := centre.client(t, sms.SMPPConfig{}).Send(t.Context(), text(bound))
		if err == nil || errors.Is(err, sms.ErrRecipient) != refused {
			t.Errorf("%v: %v", status, err)
		}
		if !refused && !strings.Contains(err.Error(), fmt.Sprintf("0x%08X", uint32(status))) {
			t.Errorf("%v: %v, want the status", status, err)
		}
		discreet(t, err, "hunter2")
	}
}

func TestSMPPWrongPasswordIsTold(t *testing.T) {
	t.Parallel()
	for _, bind := range []sms.Bind{sms.Transceiver, sms.Transmitter} {
		centre := newCentre(t, nil)
		centre.refuses.Store(int32(data.ESME_RINVPASWD))
		s := centre.client(t, sms.SMPPConfig{Bind: bind})
		err := s.Send(t.Context(), text(bound))
		if err == nil || !strings.Contains(err.Error(), "ESME_RINVPASWD") || errors.Is(err, sms.ErrRecipient) {
			t.Errorf("%s: %v", bind, err)
		}
		discreet(t, err, "hunter2", "sallyport")
		centre.refuses.Store(0)
		centre.taking(t, data.ESME_ROK)
		if err := s.Send(t.Context(), text(bound)); err != nil {
			t.Errorf("%s: %v after the password was mended", bind, err)
		}
	}
}

func TestSMPPAnswersFindWhoAsked(t *testing.T) {
	t.Parallel()
	const many = 50
	centre := newCentre(t, nil)
	s := centre.client(t, sms.SMPPConfig{})
	var wg sync.WaitGroup
	var errs [many]error
	for i := range many {
		wg.Go(func() {
			errs[i] = s.Send(t.Context(), sms.Text{To: fmt.Sprintf("+479000%04d", i), Body: bound})
		})
	}
	all := make([]submitted, many)
	for i := range all {
		all[i] = next(t, centre.submits)
	}
	slices.Reverse(all)
	for _, m := range all {
		status := data.ESME_ROK
		if strings.HasSuffix(m.DestAddr.Address(), "7") {
			status = data.ESME_RINVDSTADR
		}
		m.answer(status)
		m.answer(data.ESME_RSYSERR) // a second answer is nobody's
	}
	wg.Wait()
	for i, err := range errs {
		if want := i%10 == 7; errors.Is(err, sms.ErrRecipient) != want || !want && err != nil {
			t.Errorf("number %d: %v", i, err)
		}
	}
	if len(centre.binds) != 1 {
		t.Errorf("%d binds, want one", len(centre.binds))
	}
}

func TestSMPPComesBack(t *testing.T) {
	t.Parallel()
	centre := newCentre(t, nil)
	s := centre.client(t, sms.SMPPConfig{})
	centre.close()
	err := s.Send(t.Context(), text(bound))
	if err == nil || errors.Is(err, sms.ErrRecipient) || !strings.Contains(err.Error(), "refused") {
		t.Fatalf("%v, want that nobody listens", err)
	}
	discreet(t, err, "hunter2")
	centre.open(t, nil)
	sent := make(chan error, 1)
	go func() { sent <- s.Send(t.Context(), text(bound)) }()
	next(t, centre.submits)
	centre.hang()
	if err := next(t, sent); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that the connection is lost, at once", err)
	}
	centre.taking(t, data.ESME_ROK)
	if err := s.Send(t.Context(), text(bound)); err != nil {
		t.Errorf("%v after the centre came back", err)
	}
	if len(centre.binds) != 2 {
		t.Errorf("%d binds, want two", len(centre.binds))
	}
}

func TestSMPPSilenceIsCut(t *testing.T) {
	t.Parallel()
	centre := newCentre(t, nil)
	centre.silent.Store(true)
	s := centre.client(t, sms.SMPPConfig{Timeout: 100 * time.Millisecond})
	if err := s.Send(t.Context(), text(bound)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("bind: %v, want DeadlineExceeded", err)
	}
	centre.silent.Store(false)
	if err := s.Send(t.Context(), text(bound)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("text: %v, want DeadlineExceeded", err)
	}
	next(t, centre.submits)
	centre.taking(t, data.ESME_ROK)
	if err := s.Send(t.Context(), text(bound)); err != nil {
		t.Errorf("%v after the silence", err)
	}
	if len(centre.binds) != 3 {
		t.Errorf("%d binds, want three: who is silent is left", len(centre.binds))
	}
}

func TestSMPPHeedsTheContext(t *testing.T) {
	t.Parallel()
	centre := newCentre(t, nil)
	s := centre.client(t, sms.SMPPConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() { sent <- s.Send(ctx, text(bound)) }()
	next(t, centre.submits)
	cancel()
	if err := next(t, sent); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want Canceled", err)
	}
	centre.taking(t, data.ESME_ROK)
	if err := s.Send(t.Context(), text(bound)); err != nil || len(centre.binds) != 1 {
		t.Errorf("%v, %d binds: the connection is not to blame", err, len(centre.binds))
	}
}

func TestSMPPCloseSaysFarewell(t *testing.T) {
	t.Parallel()
	centre := newCentre(t, nil)
	s := centre.client(t, sms.SMPPConfig{})
	sent := make(chan error, 1)
	go func() { sent <- s.Send(t.Context(), text(bound)) }()
	next(t, centre.submits)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := next(t, centre.other).(*pdu.Unbind); !ok {
		t.Error("no unbind")
	}
	if err := next(t, sent); err == nil {
		t.Error("sent without an answer")
	}
	if err := s.Send(t.Context(), text(bound)); err == nil || len(centre.binds) != 1 {
		t.Errorf("%v after the end", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestSMPPAsksWhetherTheCentreIsThere(t *testing.T) {
	t.Parallel()
	centre := newCentre(t, nil)
	centre.taking(t, data.ESME_ROK)
	s := centre.client(t, sms.SMPPConfig{Enquire: time.Second, Timeout: time.Second})
	if err := s.Send(t.Context(), text(bound)); err != nil {
		t.Fatal(err)
	}
	for range 3 { // longer than a connection lives that nothing is heard on
		if _, ok := next(t, centre.other).(*pdu.EnquireLink); !ok {
			t.Error("not an enquire_link")
		}
	}
	if err := s.Send(t.Context(), text(bound)); err != nil || len(centre.binds) != 1 {
		t.Errorf("%v, %d binds", err, len(centre.binds))
	}
}

func TestSMPPCertificateMustBeKnown(t *testing.T) {
	t.Parallel()
	known := newAnswering(t, true, nil) // for its certificate
	centre := newCentre(t, &tls.Config{Certificates: known.TLS.Certificates})
	centre.taking(t, data.ESME_ROK)
	err := centre.client(t, sms.SMPPConfig{Roots: x509.NewCertPool()}).Send(t.Context(), text(bound))
	if err == nil || !strings.Contains(err.Error(), "certificate") || len(centre.binds) != 0 {
		t.Errorf("%v, want one about the certificate", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(known.Certificate())
	if err := centre.client(t, sms.SMPPConfig{Roots: roots}).Send(t.Context(), text(bound)); err != nil || len(centre.binds) != 1 {
		t.Error(err)
	}
}
