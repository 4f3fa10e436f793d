package sms

import (
	"unicode/utf16"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// alphabet is an encoding and what fits into a text and into a part of one (3GPP TS 23.040, 9.2.3.24.1), counted in
// its own units: septets or 16 bits. The library counts characters and 140 octets of unpacked septets, which tears
// texts apart that fit and lets grow what does not.
type alphabet struct {
	encoding     data.Encoding
	whole, piece int
	size         func(rune) int
}

var (
	gsm7 = alphabet{encoding: data.GSM7BIT, whole: 160, piece: 153, size: septets}
	ucs2 = alphabet{encoding: data.UCS2, whole: 70, piece: 67, size: utf16.RuneLen}
)

func septets(r rune) int {
	if data.IsEscapeChar(r) {
		return 2
	}
	return 1
}

func alphabetOf(body string) alphabet {
	if len(data.ValidateGSM7String(body)) == 0 {
		return gsm7
	}
	return ucs2
}

// parts cuts a body; a character of two units is never torn.
func (a alphabet) parts(body string) []string {
	if all := a.cut(body, a.whole); len(all) == 1 {
		return all
	}
	return a.cut(body, a.piece)
}

func (a alphabet) cut(body string, most int) (all []string) {
	from, size := 0, 0
	for at, r := range body {
		if size += a.size(r); size > most {
			all, from, size = append(all, body[from:at]), at, a.size(r)
		}
	}
	return append(all, body[from:])
}

// messages are the short messages of a body; the phone joins several by the reference.
func messages(body string, reference byte) (all []pdu.ShortMessage, err error) {
	a := alphabetOf(body)
	parts := a.parts(body)
	for i, part := range parts {
		var m pdu.ShortMessage
		encoded, err := a.encoding.Encode(part)
		if err == nil {
			err = m.SetMessageDataWithEncoding(encoded, a.encoding)
		}
		if err != nil {
			return nil, err
		}
		if len(parts) > 1 {
			m.SetUDH(pdu.UDH{pdu.NewIEConcatMessage(byte(len(parts)), byte(i+1), reference)})
		}
		all = append(all, m)
	}
	return all, nil
}
