"""256 everyday Indonesian words, one a byte; no two begin with the same four letters, so four typed letters are enough.

The order is part of every printed sheet: never change it.
"""

from __future__ import annotations

from typing import Final

_TEXT: Final = """
abad abang abu acar adat adik agung air ajaib akal akar aksara alam alas alis alun amal aman ambil ampas anak andong
angin angkat anting apel api arah arang arca arena arus asah asam asap asli atap awan ayah ayam ayun badak bagus bahu
bajak baju bakso balon bambu bangku bantal barat basah batik bawang bayam bebek beduk bekal belut benang beras besi
betis biasa bibir bidan bijak bilik bintang biru bola bonsai botol buah bubur budi bukit bulan bunga busur butir cabai
cagar cahaya cakap calon candi cangkir capung catur cawan cegah celana cemara cendana ceria cicak cincin coklat congklak
cuaca cukup curah dadu daging dahan dalang damai danau dapur darat datang daun dayung debu delima dendang depan desa
dewan dinding dodol domba dongeng duku durian ekor elang emas ember embun empat enam engsel erat esok fajar film foto
gading gajah galah gambar ganda garam gasing gelas gemar gendang gerbang gigi gitar golok gotong gula gunung gurih guru
hadiah hakim halus hangat harum hasil hati hebat helai hemat hidung hijau hitung hujan hutan ibu ijuk ikan ilmu imbang
indah ingat intan irama istana itik jagung jahe jala jamur jangkar jarum jasa jati jawab jelas jembatan jendela jeruk
jinak jingga jodoh joglo jujur julang kabut kaca kadal kail kain kaki kalung kamar kancil kapal karang kasur katak kawan
kayu kebun kecap kedai kelapa kemah kenari kepala kerbau ketan kilat kincir kipas kitab kolam komodo kopi kota kuali
kubis kuda kue kulit kumis kunci kuning kura kursi kutu laci lada lampu langit laut layar lebah lemari lidah
"""
WORDS: Final[tuple[str, ...]] = tuple(_TEXT.split())
